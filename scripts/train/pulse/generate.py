"""Synthetic traces: mean colours of skin, thirty seconds at thirty frames a second, with a known pulse.

`published` is the family of traces of `weir eval pulse` (src/vision/pulse/synthetic_trace.ts): a steady pulse of
0.4 %, common-mode motion of 1 %, independent noise on every frame. `wild` is wider in everything: skin, light, motion
that the channels do not quite share, rates that wander, gaps in time. A network is trained on both, and on some traces of
either kind that have no pulse at all: a photograph on a wall is to be told from a face.
"""

import numpy as np

FPS, FRAMES = 30, 900
LOWEST, HIGHEST = 50.0, 180.0
LEVELS = np.array([180.0, 120.0, 100.0])
SIGNATURE = np.array([0.33, 0.77, 0.53])
TIMES = np.arange(FRAMES) / FPS


def batch(random, size, noise=None, wild=0.5, empty=0.0):
    """`size` traces [size, 900, 3] and their mean rates, NaN where there is no pulse.

    Of each, `wild` is the chance that it is of the wide kind, and `empty` that it has no pulse.
    """
    without = random.random(size) < empty
    traces, rates = published(random, size, noise, ~without)
    chosen = random.random(size) < wild
    if chosen.any():
        traces[chosen], rates[chosen] = wide(random, int(chosen.sum()), ~without[chosen])
    rates[without] = np.nan
    return traces.astype(np.float32), rates.astype(np.float32)


def published(random, size, noise, alive):
    rates = random.uniform(LOWEST, HIGHEST, size)
    angle = 2 * np.pi * rates[:, None] / 60 * TIMES + random.uniform(0, 2 * np.pi, (size, 1))
    pulse = np.sin(angle) + 0.25 * np.sin(2 * angle + 0.5)
    motion = 0.006 * sine(random, size, 0.1, 0.5) + 0.004 * sine(random, size, 0.7, 3.0)
    level = np.full(size, noise) if noise is not None else np.exp(random.uniform(np.log(0.001), np.log(0.014), size))
    relative = motion[:, :, None] - 0.004 * (pulse * alive[:, None])[:, :, None] * SIGNATURE
    relative = relative + level[:, None, None] * random.standard_normal((size, FRAMES, 3))
    return LEVELS * (1 + relative), rates


def wide(random, size, alive):
    # The rate wanders: breathing, and a slow change over the half minute.
    middle = random.uniform(LOWEST, HIGHEST, size)
    slope = random.normal(0, 3, size)[:, None] * (TIMES / 30 - 0.5)
    breath = random.uniform(0, 3, size)[:, None] * sine(random, size, 0.15, 0.35)
    beat = np.clip(middle[:, None] + slope + breath, LOWEST - 5, HIGHEST + 5)
    rates = beat.mean(axis=1)
    angle = 2 * np.pi * np.cumsum(beat, axis=1) / 60 / FPS + random.uniform(0, 2 * np.pi, (size, 1))
    second, third = random.uniform(0, 0.5, (size, 1)), random.uniform(0, 0.15, (size, 1))
    pulse = np.sin(angle) + second * np.sin(2 * angle + random.uniform(-0.5, 1.5, (size, 1))) + third * np.sin(3 * angle)
    depth = (alive * np.exp(random.uniform(np.log(0.0015), np.log(0.009), size)))[:, None, None]
    signature = SIGNATURE * np.exp(random.normal(0, 0.2, (size, 1, 3)))

    # Motion is mostly shared; gloss and coloured surroundings make the channels differ.
    motion = random.uniform(0, 0.02, (size, 1)) * sine(random, size, 0.05, 0.6)
    for _ in range(2):
        motion = motion + random.uniform(0, 0.008, (size, 1)) * sine(random, size, 0.5, 3.2)
    motion = motion + random.uniform(0, 0.012, (size, 1)) * wandering(random, size)
    shares = 1 + random.normal(0, 0.06, (size, 1, 3)) * (random.random((size, 1, 1)) < 0.6)

    # Light: a drift of each channel, and lamps that flicker against the shutter.
    drift = random.normal(0, 0.02, (size, 1, 3)) * (TIMES / 30)[:, None]
    steps = random.normal(0, 0.015, (size, 1, 3)) * (TIMES[None, :] > random.uniform(0, 60, (size, 1)))[:, :, None]
    noise = np.exp(random.uniform(np.log(0.0006), np.log(0.014), size))[:, None, None]
    unequal = np.exp(random.normal(0, 0.25, (size, 1, 3)))
    relative = motion[:, :, None] * shares + drift + steps - depth * pulse[:, :, None] * signature
    relative = relative + noise * unequal * random.standard_normal((size, FRAMES, 3))

    levels = LEVELS * np.exp(random.normal(0, 0.25, (size, 1, 3))) * random.uniform(0.35, 1.15, (size, 1, 1))
    traces = levels * (1 + relative)
    for index in np.flatnonzero(random.random(size) < 0.25):
        traces[index] = with_gaps(random, traces[index])
    return traces, rates


def sine(random, size, low, high):
    frequency = random.uniform(low, high, (size, 1))
    return np.sin(2 * np.pi * frequency * TIMES + random.uniform(0, 2 * np.pi, (size, 1)))


def wandering(random, size):
    """A random walk that comes back, of deviation 1: a head that is never quite still."""
    keep = np.exp(-1 / FPS / np.exp(random.uniform(np.log(0.3), np.log(3), size)))
    push = np.sqrt(1 - keep**2)[:, None] * random.standard_normal((size, FRAMES))
    walk = np.empty((size, FRAMES))
    walk[:, 0] = random.standard_normal(size)
    for frame in range(1, FRAMES):
        walk[:, frame] = keep * walk[:, frame - 1] + push[:, frame]
    return walk


def with_gaps(random, trace):
    """Frames that did not come, bridged as the product bridges them: straight from the last to the next."""
    here = random.random(FRAMES) > random.uniform(0, 0.15)
    for _ in range(random.integers(0, 4)):
        start = random.integers(0, FRAMES - 20)
        here[start : start + random.integers(3, 19)] = False
    here[[0, -1]] = True
    return np.stack([np.interp(TIMES, TIMES[here], channel[here]) for channel in trace.T], axis=1)
