"""Makes a folder of synthetic embeddings: people of random directions, on which a level leaves a small trace.

    python heads_synthetic.py --out out/heads-data

They are of no face and stand for none. They show how heads are trained, judged and run, and no more.
"""

import argparse
from pathlib import Path

import numpy as np

HEADS = ("Boredom", "Engagement", "Confusion", "Frustration")
LEVELS = 4
# How often each level occurs: as in real recordings, engaged people and few who are frustrated.
PRIORS = {
    "Boredom": (0.45, 0.3, 0.2, 0.05),
    "Engagement": (0.05, 0.15, 0.5, 0.3),
    "Confusion": (0.6, 0.25, 0.1, 0.05),
    "Frustration": (0.7, 0.2, 0.07, 0.03),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--subjects", type=int, default=80)
    parser.add_argument("--each", type=int, default=60, help="embeddings of one subject")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--trace", type=float, default=0.55, help="how much a level shows beside who it is")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    directions = np.linalg.qr(rng.normal(size=(options.size, len(HEADS))))[0].T
    embeddings, subjects = [], []
    levels = {name: [] for name in HEADS}
    for subject in range(options.subjects):
        identity = rng.normal(size=options.size)
        identity /= np.linalg.norm(identity)
        drawn = {name: rng.choice(LEVELS, options.each, p=PRIORS[name]) for name in HEADS}
        for n in range(options.each):
            trace = sum(options.trace * (drawn[name][n] - 1.5) * directions[i] for i, name in enumerate(HEADS))
            vector = identity + trace + rng.normal(0, 0.35 / np.sqrt(options.size), options.size) * 3
            embeddings.append(vector / np.linalg.norm(vector))
            subjects.append(f"s{subject:03d}")
        for name in HEADS:
            levels[name].extend(drawn[name])
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.array(values, np.int64) for name, values in levels.items()}
    np.savez_compressed(
        folder / "synthetic.npz", embeddings=np.array(embeddings, np.float32), subjects=np.array(subjects), **arrays
    )
    print(f"{folder}: {len(embeddings)} embeddings of {options.subjects} made-up subjects")


if __name__ == "__main__":
    main()
