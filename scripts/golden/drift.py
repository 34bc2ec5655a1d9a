"""Figures of drift by numpy, SciPy and evidently, for tests/golden/drift.json.

    pip install numpy scipy "pandas<3" evidently==0.7.23
    python scripts/golden/drift.py

The samples come from a generator of whole numbers that any language can repeat: x = (x * 48271) mod (2^31 - 1).
"""

import json
import pathlib

import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests import jensenshannon_stat_test, psi_stat_test, wasserstein_stat_test
from evidently.legacy.core import ColumnType
from scipy.stats import ks_2samp


def numbers(seed: int, count: int) -> list[float]:
    """Uniform in [0, 1)."""
    values, state = [], seed
    for _ in range(count):
        state = state * 48271 % (2**31 - 1)
        values.append(state / (2**31 - 1))
    return values


def shaped(seed: int, count: int, scale: float, shift: float, decimals: int) -> list[float]:
    """The mean of three uniforms, stretched, shifted and rounded: something like scores."""
    raw = numbers(seed, 3 * count)
    return [round((raw[3 * n] + raw[3 * n + 1] + raw[3 * n + 2]) / 3 * scale + shift, decimals) for n in range(count)]


CASES = [
    {"name": "the same making", "reference": [1, 500, 1, 0, 4], "current": [2, 500, 1, 0, 4]},
    {"name": "a little lower", "reference": [3, 500, 1, 0, 4], "current": [4, 400, 1, -0.06, 4]},
    {"name": "far away", "reference": [5, 300, 1, 0, 4], "current": [6, 250, 0.5, 0.4, 4]},
    {"name": "wider", "reference": [7, 120, 40, 100, 1], "current": [8, 90, 90, 75, 1]},
    {"name": "many equal values", "reference": [9, 200, 1, 0, 2], "current": [10, 200, 1, 0.08, 2]},
    {"name": "nothing in common", "reference": [11, 100, 1, 0, 3], "current": [12, 60, 1, 5, 3]},
    {"name": "unequal sizes", "reference": [13, 1000, 1, 0, 4], "current": [14, 35, 1, 0.1, 4]},
]


def figures(reference: list[float], current: list[float]) -> dict[str, object]:
    ref, cur = pd.Series(reference), pd.Series(current)
    both = np.array(reference + current)
    edges = np.histogram_bin_edges(both, bins="sturges")
    exact = ks_2samp(reference, current, method="exact")
    return {
        "histograms": [np.histogram(values, edges)[0].tolist() for values in (reference, current)],
        "psi": psi_stat_test.func(ref, cur, ColumnType.Numerical, 0.1)[0],
        "jensenShannon": jensenshannon_stat_test.func(ref, cur, ColumnType.Numerical, 0.1)[0],
        "wasserstein": wasserstein_stat_test.func(ref, cur, ColumnType.Numerical, 0.1)[0],
        "ks": [exact.statistic, exact.pvalue],
    }


def category_figures(reference: dict[str, int], current: dict[str, int]) -> dict[str, object]:
    ref, cur = (
        pd.Series([name for name, count in counts.items() for _ in range(count)]) for counts in (reference, current)
    )
    return {
        "reference": reference,
        "current": current,
        "psi": psi_stat_test.func(ref, cur, ColumnType.Categorical, 0.1)[0],
        "jensenShannon": jensenshannon_stat_test.func(ref, cur, ColumnType.Categorical, 0.1)[0],
    }


def main() -> None:
    numeric = [
        {**case, **figures(shaped(*case["reference"]), shaped(*case["current"]))}
        for case in CASES
    ]
    categories = [
        category_figures({"person": 40, "car": 30, "bus": 20, "dog": 10}, {"person": 30, "car": 30, "bus": 25, "dog": 15}),
        category_figures({"person": 90, "car": 10}, {"person": 60, "car": 20, "bus": 20}),
        category_figures({"person": 50, "car": 50}, {"person": 100}),
    ]
    text = json.dumps({"numeric": numeric, "categories": categories}, indent=1)
    target = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "drift.json"
    target.write_text(text + "\n")


if __name__ == "__main__":
    main()
