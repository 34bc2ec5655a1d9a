"""Measures the ONNX file on rendered matches it has never seen, and its speed on one core.

    python evaluate.py --model ../../../models/builtin/weir-pitch.onnx  --data DATA
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime

import data
import metrics
from model import HEIGHT, WIDTH


def open_session(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def speed(session, rounds=5, runs=60):
    """Milliseconds a frame of several rounds: the fastest run of all, and the median of each round."""
    picture = np.random.default_rng(0).random((1, 3, HEIGHT, WIDTH), np.float32)
    medians, fastest = [], float("inf")
    for _ in range(rounds):
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            session.run(None, {"images": picture})
            times.append((time.perf_counter() - began) * 1e3)
        medians.append(round(float(np.median(times)), 2))
        fastest = min(fastest, *times)
    return {"fastest": round(fastest, 2), "medians": medians}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--set", default="test")
    parser.add_argument("--iou", type=float, default=0.7, help="of the suppression")
    parser.add_argument("--way", default="area", choices=["area", "triangle", "linear"], help="of scaling")
    parser.add_argument("--quality", type=int, help="compress the pictures as JPEG first")
    parser.add_argument("--json", help="where to write the figures")
    options = parser.parse_args()
    session = open_session(options.model)
    found, truths, owners = [], [], []
    for seed, picture, objects in data.read(data.render(options.data, options.set)):
        height, width = picture.shape[:2]
        if options.quality:
            picture = data.compress(picture, options.quality)
        laid = data.letterbox(picture, options.way)
        (output,) = session.run(["output0"], {"images": laid.transpose(2, 0, 1)[None].astype(np.float32) / 255})
        rows = metrics.detections(output[0], iou=options.iou)
        x, y, fit_width, fit_height = data.place(width, height)
        rows[:, [2, 4]] = ((rows[:, [2, 4]] - x) * width / fit_width).clip(0, width)
        rows[:, [3, 5]] = ((rows[:, [3, 5]] - y) * height / fit_height).clip(0, height)
        found.append(rows)
        truths.append(objects)
        owners.append(seed)
    table = metrics.report(found, truths)
    seeds = {}
    for seed in sorted(set(owners)):
        mine = [i for i, owner in enumerate(owners) if owner == seed]
        seeds[seed] = metrics.report([found[i] for i in mine], [truths[i] for i in mine])
    print(f"{len(seeds)} seeds, {len(found)} pictures")
    print(metrics.describe(table))
    for name in ("player", "ball"):
        lowest = min(seeds, key=lambda seed: seeds[seed][name]["ap50"])
        print(f"lowest AP50 of {name}: {seeds[lowest][name]['ap50']:.4f} (seed {lowest})")
    pace = speed(session)
    print(f"one thread: fastest {pace['fastest']} ms, medians {pace['medians']} ms")
    if options.json:
        Path(options.json).write_text(json.dumps({"classes": table, "seeds": seeds, "speed": pace}, indent=2) + "\n")


if __name__ == "__main__":
    main()
