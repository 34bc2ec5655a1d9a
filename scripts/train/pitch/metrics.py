"""Average precision at IoU 0.5 with all-point interpolation, and the suppression that precedes it."""

import numpy as np

from model import NAMES


def overlaps(a, b):
    """IoU of every box of `a` with every box of `b`, by corners."""
    shared = (np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])).clip(min=0)
    shared = shared.prod(-1)
    return shared / ((a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1)[None] - shared + 1e-9)


def detections(output, least=0.01, iou=0.7, most=300):
    """One picture's output [4 + classes, cells] to rows [class, score, corners], best first, suppressed by class."""
    kind = output[4:].argmax(0)
    score = output[4:].max(0)
    keep = np.flatnonzero(score >= least)
    keep = keep[np.argsort(-score[keep], kind="stable")][: 10 * most]
    centre, half = output[:2, keep].T, output[2:4, keep].T / 2
    boxes, kind, score = np.concatenate((centre - half, centre + half), 1), kind[keep], score[keep]
    chosen = []
    for label in range(len(NAMES)):
        left = np.flatnonzero(kind == label)
        table = overlaps(boxes[left], boxes[left])
        alive = np.ones(len(left), bool)
        for i in range(len(left)):
            if alive[i]:
                chosen.append(left[i])
                alive[i + 1 :] &= table[i, i + 1 :] <= iou
    chosen = np.array(sorted(chosen), int)[:most]
    return np.column_stack((kind[chosen], score[chosen], boxes[chosen])) if len(chosen) else np.zeros((0, 6))


def match(found, truth, label, iou=0.5):
    """One picture, one class: (scores, hits, number of objects). What lies on an ignored object counts for nothing."""
    found = found[found[:, 0] == label]
    truth = truth[truth[:, 0] == label]
    asked, ignored = truth[truth[:, 5] == 0], truth[truth[:, 5] > 0]
    table, pardon = overlaps(found[:, 2:], asked[:, 1:5]), overlaps(found[:, 2:], ignored[:, 1:5])
    taken = np.zeros(len(asked), bool)
    scores, hits = [], []
    for i in np.argsort(-found[:, 1], kind="stable"):
        free = np.where(taken, -1.0, table[i]) if len(asked) else np.zeros(0)
        best = int(free.argmax()) if len(free) else -1
        if best >= 0 and free[best] >= iou:
            taken[best] = True
            scores.append(found[i, 1])
            hits.append(True)
        elif not len(ignored) or pardon[i].max() < iou:
            scores.append(found[i, 1])
            hits.append(False)
    return np.array(scores), np.array(hits, bool), len(asked)


def average_precision(scores, hits, count):
    """Area under the precision envelope over recall."""
    if count == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(hits[order])
    recall = np.concatenate(([0], right / count, [1]))
    precision = np.concatenate(([1], right / np.arange(1, len(right) + 1), [0]))
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(((recall[1:] - recall[:-1]) * precision[1:]).sum())


def report(found, truths, threshold=0.4):
    """Per class: objects, AP50, and precision and recall at a score threshold. Lists run over pictures."""
    table = {}
    for label, name in enumerate(NAMES):
        parts = [match(f, t, label) for f, t in zip(found, truths)]
        scores = np.concatenate([part[0] for part in parts])
        hits = np.concatenate([part[1] for part in parts]).astype(bool)
        count = sum(part[2] for part in parts)
        sure = scores >= threshold
        table[name] = {
            "objects": count,
            "ap50": average_precision(scores, hits, count),
            "precision": float(hits[sure].mean()) if sure.any() else float("nan"),
            "recall": float(hits[sure].sum() / max(count, 1)),
        }
    return table


def describe(table):
    """A report as lines of text."""
    return "\n".join(
        f"{name:11s} objects {row['objects']:6d}  AP50 {row['ap50']:.4f}  precision {row['precision']:.3f}"
        f"  recall {row['recall']:.3f}"
        for name, row in table.items()
    )
