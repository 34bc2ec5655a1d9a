"""Writes tests/golden/pulse.json: what SciPy makes of a small signal, for the pulse's filters and spectra.

    python scripts/golden/pulse.py

Needs numpy 2.4 and scipy 1.17. POS, CHROM, LGI and OMIT are written out anew from their papers, in a few lines of numpy.
"""

import json
import math
from pathlib import Path

import numpy as np
from scipy import signal, sparse
from scipy.sparse.linalg import spsolve

FPS = 30


def state(seed):
    while True:
        seed = (1664525 * seed + 1013904223) % 2**32
        yield seed / 2**32


def trace(size=240):
    """Three channels with a pulse at 1.3 Hz, a sway, and noise from a linear congruential generator, seed 7."""
    draws = state(7)
    times = np.arange(size) / FPS
    pulse = np.sin(2 * np.pi * 1.3 * times) + 0.25 * np.sin(4 * np.pi * 1.3 * times + 0.5)
    sway = 0.02 * np.sin(2 * np.pi * 0.3 * times)
    rows = []
    for i in range(size):
        rows.append([d * (1 + sway[i] - 0.004 * a * pulse[i] + 0.002 * (2 * next(draws) - 1))
                     for d, a in ((180, 0.33), (120, 0.77), (100, 0.53))])
    return np.array(rows).T


def detrend(values, weight):
    size = len(values)
    second = sparse.diags([1, -2, 1], [0, 1, 2], shape=(size - 2, size), dtype=float)
    smooth = sparse.identity(size) + weight**2 * second.T @ second
    return values - spsolve(smooth.tocsc(), values)


def filtered(order, band, values):
    b, a = signal.butter(order, [edge / FPS * 2 for edge in band], "bandpass")
    return signal.filtfilt(b, a, values)


def pos(colours):
    size, length = colours.shape[1], math.ceil(1.6 * FPS)
    total = np.zeros(size)
    for start in range(size - length):
        part = colours[:, start : start + length]
        red, green, blue = part / part.mean(axis=1, keepdims=True)
        one, two = green - blue, green + blue - 2 * red
        both = one + one.std() / two.std() * two
        total[start : start + length] += both - both.mean()
    return filtered(1, (0.75, 3), detrend(total, 100))


def chrom(colours):
    half = math.ceil(math.ceil(1.6 * FPS) / 2)
    windows = (colours.shape[1] - half) // half
    total = np.zeros(half * (windows + 1))
    for n in range(windows):
        part = colours[:, n * half : (n + 2) * half]
        red, green, blue = part / part.mean(axis=1, keepdims=True)
        x = filtered(3, (0.7, 2.5), 3 * red - 2 * green)
        y = filtered(3, (0.7, 2.5), 1.5 * red + green - 1.5 * blue)
        total[n * half : (n + 2) * half] += (x - x.std() / y.std() * y) * signal.windows.hann(2 * half)
    return total


def without(axis, colours):
    return colours[1] - axis[1] * (axis @ colours)


def main():
    colours = trace()
    green = colours[1]
    at = [0, 1, 40, 119, 200]
    take = lambda values: {str(i): float(values[i]) for i in at if i < len(values)}
    golden = {
        "colours": {str(i): colours[:, i].tolist() for i in (0, 119, 239)},
        "butter": {
            f"{order} {low} {high}": [part.tolist() for part in signal.butter(order, [low / 15, high / 15], "bandpass")]
            for order, low, high in ((1, 0.75, 3), (2, 0.65, 4), (3, 0.7, 2.5))
        },
        "filtfilt": take(filtered(2, (0.65, 4), green)),
        "detrend": take(detrend(green, 100)),
        "welch": take(signal.welch(green, FPS, nperseg=240, noverlap=192, nfft=2048)[1]),
        "periodogram": take(signal.periodogram(green, FPS, nfft=256, detrend=False)[1]),
        "pos": take(pos(colours)),
        "chrom": take(chrom(colours)),
        "lgi": take(without(np.linalg.svd(colours, full_matrices=False)[0][:, 0], colours)),
        "omit": take(without(np.linalg.qr(colours)[0][:, 0], colours)),
    }
    path = Path(__file__).parents[2] / "tests" / "golden" / "pulse.json"
    path.write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main()
