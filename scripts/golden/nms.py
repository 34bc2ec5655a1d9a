"""Writes tests/golden/nms.json: what torchvision keeps of random boxes.

Run: python scripts/golden/nms.py && deno fmt tests/golden
"""

import json
from pathlib import Path

import torch
from torchvision.ops import batched_nms

from recipe import Random

CASES = [
    # boxes, classes, iou, steps of the scores (few steps make ties)
    (1, 1, 0.5, 0),
    (40, 1, 0.5, 0),
    (200, 3, 0.45, 0),
    (200, 3, 0.7, 10),
    (600, 80, 0.3, 0),
    (900, 1, 0.6, 25),
]


def boxes_of(seed, count, classes, steps):
    random = Random(seed)
    boxes, scores, labels = [], [], []
    for _ in range(count):
        x, y = random() * 320, random() * 320
        w, h = 4 + random() * 120, 4 + random() * 120
        score = random()
        boxes.append([x, y, x + w, y + h])
        scores.append(int(score * steps) / steps if steps else score)
        labels.append(int(random() * classes))
    return torch.tensor(boxes), torch.tensor(scores), torch.tensor(labels)


def main():
    cases = []
    for seed, (count, classes, iou, steps) in enumerate(CASES, 1):
        boxes, scores, labels = boxes_of(seed, count, classes, steps)
        kept = batched_nms(boxes, scores, labels, iou).tolist()
        case = {"seed": seed, "count": count, "classes": classes, "iou": iou, "steps": steps}
        cases.append(case | {"kept": " ".join(map(str, kept))})
    path = Path(__file__).parents[2] / "tests" / "golden" / "nms.json"
    path.write_text(json.dumps({"made": "torchvision batched_nms", "cases": cases}) + "\n")
    print(path)


main()
