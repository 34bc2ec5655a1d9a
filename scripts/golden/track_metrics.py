"""Writes tests/golden/track_metrics.json: what TrackEval says of made-up tracks, and SciPy of assignments.

Run: pip install trackeval scipy && python scripts/golden/track_metrics.py && deno fmt tests/golden
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import trackeval
from scipy.optimize import linear_sum_assignment

from recipe import Random

FRAMES = 24
OBJECTS = 5
# What goes wrong, in probabilities a sighting: missed, invented, identity lost; and how far boxes are off.
FAULTS = {
    "perfect": {"miss": 0, "extra": 0, "swap": 0, "off": 0},
    "shaky": {"miss": 0.05, "extra": 0.05, "swap": 0.02, "off": 6},
    "swaps": {"miss": 0.1, "extra": 0.02, "swap": 0.15, "off": 4},
    "poor": {"miss": 0.4, "extra": 0.5, "swap": 0.1, "off": 16},
    "blind": {"miss": 1, "extra": 0, "swap": 0, "off": 0},
}
# MOT16's classes, and whether the truth counts them: pedestrian, car, on a vehicle, static, reflection.
CLASSES = [(1, 1), (1, 1), (3, 0), (2, 0), (7, 0), (12, 0), (1, 0)]
SHAPES = [(3, 3, 0), (12, 7, 0), (7, 12, 0), (60, 60, 4), (120, 90, 0), (90, 120, 3), (100, 100, 2)]


def world(random):
    """Boxes that wander, come and go: frame -> [(id, x, y, w, h)], whole numbers."""
    frames = {frame: [] for frame in range(1, FRAMES + 1)}
    for identity in range(1, OBJECTS + 1):
        x, y = random() * 300, random() * 200
        dx, dy = random() * 16 - 8, random() * 8 - 4
        w, h = 24 + int(random() * 24), 48 + int(random() * 48)
        begins = 1 + int(random() * 6)
        ends = FRAMES - int(random() * 6)
        for frame in range(begins, ends + 1):
            frames[frame].append((identity, round(x + dx * frame), round(y + dy * frame), w, h))
    # Nobody is there in one frame, and nothing is found in another.
    frames[9] = []
    return frames


def answer(random, frames, faults):
    alias, used = {}, 100
    rows = []
    for frame, boxes in frames.items():
        if frame == 14 and faults["miss"] > 0:
            continue
        for identity, x, y, w, h in boxes:
            if identity not in alias or random() < faults["swap"]:
                used += 1
                alias[identity] = used
            if random() < faults["miss"]:
                continue
            off = [round((random() * 2 - 1) * faults["off"]) for _ in range(4)]
            box = [x + off[0], y + off[1], max(8, w + off[2]), max(8, h + off[3])]
            rows.append([frame, alias[identity], *box, 1, -1, -1, -1])
        if random() < faults["extra"]:
            used += 1
            rows.append([frame, used, round(random() * 300), round(random() * 200), 30, 60, 1, -1, -1, -1])
    return rows


def case(name, seed, faults, classed):
    random = Random(seed)
    frames = world(random)
    rows = answer(random, frames, faults)
    truth = []
    for frame, boxes in frames.items():
        for identity, x, y, w, h in boxes:
            kind, marked = CLASSES[identity - 1] if classed else (-1, 1)
            tail = [marked, kind, 1] if classed else [int(identity != 2 or frame < 12), -1, -1, -1]
            truth.append([frame, identity, x, y, w, h, *tail])
    text = lambda rows: "".join(",".join(map(str, row)) + "\n" for row in rows)
    return {"name": name, "truth": text(truth), "tracks": text(rows)}


def judge(benchmark, cases):
    """TrackEval's figures of each case, and of all together, from files as it wants them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for one in cases:
            gt = root / "gt" / f"{benchmark}-train" / one["name"]
            (gt / "gt").mkdir(parents=True)
            (gt / "gt" / "gt.txt").write_text(one["truth"])
            (gt / "seqinfo.ini").write_text(f"[Sequence]\nname={one['name']}\nseqLength={FRAMES}\n")
            data = root / "trackers" / f"{benchmark}-train" / "made_up" / "data"
            data.mkdir(parents=True, exist_ok=True)
            (data / f"{one['name']}.txt").write_text(one["tracks"])
        dataset = trackeval.datasets.MotChallenge2DBox(
            {
                "GT_FOLDER": str(root / "gt"),
                "TRACKERS_FOLDER": str(root / "trackers"),
                "BENCHMARK": benchmark,
                "SPLIT_TO_EVAL": "train",
                "SEQ_INFO": {one["name"]: FRAMES for one in cases},
                "PRINT_CONFIG": False,
            }
        )
        evaluator = trackeval.Evaluator(
            {"PRINT_RESULTS": False, "PRINT_CONFIG": False, "TIME_PROGRESS": False, "OUTPUT_SUMMARY": False,
             "OUTPUT_DETAILED": False, "PLOT_CURVES": False, "OUTPUT_EMPTY_CLASSES": False}
        )
        quiet = {"PRINT_CONFIG": False}
        metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)]
        results, _ = evaluator.evaluate([dataset], metrics)
    found = results["MotChallenge2DBox"]["made_up"]
    return {name: figures(of["pedestrian"]) for name, of in found.items()}


def figures(of):
    hota, clear, identity = of["HOTA"], of["CLEAR"], of["Identity"]
    return {
        **{ours: float(np.mean(hota[theirs])) for ours, theirs in
           [("hota", "HOTA"), ("detA", "DetA"), ("assA", "AssA"), ("locA", "LocA")]},
        "mota": float(clear["MOTA"]),
        "motp": float(clear["MOTP"]),
        "idf1": float(identity["IDF1"]),
        "idp": float(identity["IDP"]),
        "idr": float(identity["IDR"]),
        "tp": int(clear["CLR_TP"]),
        "fp": int(clear["CLR_FP"]),
        "fn": int(clear["CLR_FN"]),
        "idsw": int(clear["IDSW"]),
    }


def assignments():
    """Costs are floor(random × steps) ÷ steps where there are steps: few steps make ties."""
    found = []
    for seed, (rows, columns, steps) in enumerate(SHAPES, 900):
        random = Random(seed)
        values = [random() for _ in range(rows * columns)]
        costs = np.array([int(v * steps) / steps if steps else v for v in values]).reshape(rows, columns)
        least = float(costs[linear_sum_assignment(costs)].sum())
        found.append({"seed": seed, "rows": rows, "columns": columns, "steps": steps, "least": least})
    return found


def main():
    groups = []
    for benchmark, classed in (("MOT15", False), ("MOT17", True)):
        cases = [case(name, seed, faults, classed) for seed, (name, faults) in enumerate(FAULTS.items(), 41)]
        expected = judge(benchmark, cases)
        for one in cases:
            one["expected"] = expected[one["name"]]
        groups.append({"benchmark": benchmark, "cases": cases, "combined": expected["COMBINED_SEQ"]})
    target = Path(__file__).parents[2] / "tests/golden/track_metrics.json"
    target.write_text(json.dumps({"groups": groups, "assignments": assignments()}) + "\n")


if __name__ == "__main__":
    main()
