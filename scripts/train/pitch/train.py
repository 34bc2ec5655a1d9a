"""Trains weir-pitch: first on crops, then on whole pictures.

    python train.py --data DATA --out RUN

The sets `train` and `check` of data.py are rendered into DATA unless they are there. RUN gets `last.pt`, the averaged
weights as of the last check, and `log.jsonl`.
"""

import argparse
import copy
import ctypes
import json
import math
import os
import sys
import time
from pathlib import Path

# Threads that wait by spinning take the cores from everybody else; OpenMP reads this when PyTorch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch

import data
import metrics
from loss import pitch_loss
from model import HEIGHT, WIDTH, Exported, Pitch


def keep_memory():
    """Tells glibc to keep freed blocks: returning hundreds of megabytes each step costs a quarter of the time."""
    if sys.platform != "linux":
        return
    trim_threshold, mmap_most = -1, -4
    for name, value in ((trim_threshold, 2**31 - 1), (mmap_most, 0)):
        ctypes.CDLL(None).mallopt(name, value)


@torch.no_grad()
def validate(network, pictures, truths):
    network.eval()
    exported, found = Exported(network).eval(), []
    for start in range(0, len(pictures), 8):
        batch = data.to_tensor(torch.from_numpy(pictures[start : start + 8]))
        found += [metrics.detections(output) for output in exported(batch).numpy()]
    return metrics.report(found, truths)


class Average:
    """Exponential moving average of weights; the first steps weigh less, so that it does not remember the start."""

    def __init__(self, network, decay=0.998):
        self.network, self.decay, self.steps = copy.deepcopy(network).eval(), decay, 0

    @torch.no_grad()
    def push(self, network):
        self.steps += 1
        decay = self.decay * (1 - math.exp(-self.steps / 200))
        for mine, new in zip(self.network.state_dict().values(), network.state_dict().values()):
            if mine.is_floating_point():
                mine.lerp_(new, 1 - decay)
            else:
                mine.copy_(new)


def groups(network):
    """Weight decay for the matrices alone."""
    flat = [p for p in network.parameters() if p.ndim == 1]
    rest = [p for p in network.parameters() if p.ndim > 1]
    return [{"params": rest, "weight_decay": 0.02}, {"params": flat, "weight_decay": 0.0}]


def rate(step, total, warm, top, end=0.02):
    """Linear warm-up, then half a cosine."""
    if step < warm:
        return top * (step + 1) / warm
    return top * (end + (1 - end) * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm))) / 2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=1600, help="steps on crops")
    parser.add_argument("--whole-steps", type=int, default=350, help="steps on whole pictures")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--whole-batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=320)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--whole-rate", type=float, default=6e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--check-every", type=int, default=400)
    parser.add_argument("--start", help="weights to start from")
    options = parser.parse_args()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    keep_memory()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    began = time.monotonic()
    pictures, truths = data.load(data.render(options.data, "train"), options.seed)
    checks = data.load(data.render(options.data, "check"))
    print(f"{len(pictures)} training and {len(checks[0])} checking pictures in {time.monotonic() - began:.0f} s", flush=True)

    network = Pitch().to(memory_format=torch.channels_last)
    if options.start:
        network.load_state_dict(torch.load(options.start))
    average = Average(network)
    print(f"{sum(p.numel() for p in network.parameters())} parameters", flush=True)
    stages = [
        ((options.crop, options.crop), options.batch, options.steps, options.rate),
        ((WIDTH, HEIGHT), options.whole_batch, options.whole_steps, options.whole_rate),
    ]
    began, done = time.monotonic(), 0
    for stage, (size, batch, steps, top) in enumerate(stages):
        optimizer = torch.optim.AdamW(groups(network), lr=top, betas=(0.9, 0.99))
        samples = data.Samples(pictures, truths, size, batch, steps, options.seed + 1000 * stage)
        loader = torch.utils.data.DataLoader(samples, batch_size=None, num_workers=1, prefetch_factor=4)
        sums = {}
        for step, (views, objects) in enumerate(loader):
            network.train()
            for group in optimizer.param_groups:
                group["lr"] = rate(step, steps, min(200, steps // 10 + 1), top)
            loss, parts = pitch_loss(network(data.to_tensor(views)), objects)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
            optimizer.step()
            average.push(network)
            done += 1
            for name, part in parts.items():
                sums[name] = sums.get(name, 0) + part
            if done % 50 == 0:
                text = "  ".join(f"{name} {total / 50:.3f}" for name, total in sums.items())
                print(f"stage {stage} step {step + 1}  {time.monotonic() - began:.0f} s  {text}", flush=True)
                sums = {}
            if done % options.check_every == 0 or step + 1 == steps:
                torch.save(average.network.state_dict(), out / "last.pt")
                table = validate(copy.deepcopy(average.network), *checks)
                print(metrics.describe(table), flush=True)
                entry = {"stage": stage, "step": step + 1, "seconds": round(time.monotonic() - began), "validation": table}
                with open(out / "log.jsonl", "a") as log:
                    log.write(json.dumps(entry) + "\n")
    print(f"trained in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
