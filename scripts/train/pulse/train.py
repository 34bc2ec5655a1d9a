"""Trains the pulse network on synthetic traces alone.

    python train.py --out RUN [--steps 1400] [--seed 1]

RUN gets `last.pt`, the averaged weights, and `log.jsonl`. Every trace is made when it is needed, from the seed.
"""

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch

import generate
from model import HIGHEST, LOWEST, RATES, PulseNetwork, answer
from tracking import Tracking

NOISES = (0.002, 0.006, 0.012)


def goals(rates, deviation=1.2):
    """A narrow bell around the true rate: neighbours of the right answer are nearly right. Without a pulse, anything."""
    bell = torch.exp(-0.5 * ((RATES - rates[:, None]) / deviation) ** 2)
    bell = torch.where(torch.isnan(rates)[:, None], torch.ones_like(bell), bell)
    return bell / bell.sum(dim=1, keepdim=True)


@torch.no_grad()
def validate(network, checks, still):
    """Errors at each level of noise, and how often a rate is believed where there is no pulse."""
    _, quality = answer(torch.softmax(network(still), dim=1), RATES)
    figures = {"still": {"believed": float((quality >= 0.7).float().mean())}}
    for noise, (traces, rates) in checks.items():
        chances = torch.softmax(network(traces), dim=1)
        rate, quality = answer(chances, RATES)
        error = (rate - rates).abs()
        mean = ((chances * RATES).sum(dim=1) - rates).abs()
        figures[noise] = {
            "mae": float(error.mean()),
            "rmse": float((error**2).mean().sqrt()),
            "within5": float((error <= 5).float().mean()),
            "within10": float((error <= 10).float().mean()),
            "rmse_mean": float((mean**2).mean().sqrt()),
            "quality": float(quality.mean()),
        }
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)

    network = PulseNetwork()
    parameters = sum(p.numel() for p in network.parameters())
    print(f"{parameters} parameters", flush=True)
    checker = np.random.default_rng(options.seed + 1_000_000)
    checks = {
        noise: tuple(torch.from_numpy(part) for part in generate.batch(checker, 256, noise=noise, wild=0))
        for noise in NOISES
    }
    still = torch.from_numpy(generate.batch(checker, 256, empty=1.0)[0])
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=0.01)
    started = time.time()
    with Tracking("weir-pulse", out) as tracking, open(out / "log.jsonl", "w") as log:
        tracking.parameters({**vars(options), "parameters": parameters})
        for step in range(options.steps):
            warm = min(1, (step + 1) / 100)
            share = 0.02 + 0.98 * (1 + math.cos(math.pi * step / options.steps)) / 2
            for group in optimizer.param_groups:
                group["lr"] = options.rate * warm * share
            traces, rates = (torch.from_numpy(part) for part in generate.batch(random, options.batch, empty=0.15))
            network.train()
            loss = -(goals(rates) * torch.log_softmax(network(traces), dim=1)).sum(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            keep = min(0.995, (step + 1) / (step + 20))
            with torch.no_grad():
                for mine, new in zip(average.parameters(), network.parameters()):
                    mine.lerp_(new, 1 - keep)
            if (step + 1) % 100 == 0 or step + 1 == options.steps:
                figures = validate(average, checks, still)
                line = {"step": step + 1, "loss": loss.item(), "seconds": round(time.time() - started), "check": figures}
                log.write(json.dumps(line) + "\n")
                log.flush()
                print(json.dumps(line), flush=True)
                tracking.metrics(step + 1, {"loss": loss.item(), **flat(figures)})
                torch.save(average.state_dict(), out / "last.pt")
        tracking.artifact(out / "last.pt")
        tracking.artifact(out / "log.jsonl")


def flat(figures):
    return {f"{name}_{noise}": value for noise, values in figures.items() for name, value in values.items()}


if __name__ == "__main__":
    main()
