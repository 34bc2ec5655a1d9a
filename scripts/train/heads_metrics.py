"""Figures that a constant answer cannot flatter, beside the one that it can."""

import numpy as np


def confusion(truth, said, levels):
    table = np.zeros((levels, levels), np.int64)
    np.add.at(table, (truth, said), 1)
    return table


def macro_f1(table):
    """The mean over the levels that occur in the truth; one that is never said counts as 0."""
    hits = np.diag(table)
    total = table.sum(axis=0) + table.sum(axis=1)
    f1 = np.where(total > 0, 2 * hits / np.maximum(total, 1), 0)
    return float(f1[table.sum(axis=1) > 0].mean())


def quadratic_kappa(table):
    """Cohen's kappa with squared distances between levels as weights; 0 is no better than chance."""
    levels, count = len(table), table.sum()
    grid = np.arange(levels)
    weights = (grid[:, None] - grid[None, :]) ** 2 / max(1, (levels - 1) ** 2)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / count
    chance = (weights * expected).sum()
    return float(1 - (weights * table).sum() / chance) if chance > 0 else 0.0


def accuracy(table):
    return float(np.diag(table).sum() / table.sum())


def figures(truth, said, levels):
    table = confusion(truth, said, levels)
    return {
        "accuracy": accuracy(table),
        "macroF1": macro_f1(table),
        "kappa": quadratic_kappa(table),
        "confusion": table.tolist(),
    }
