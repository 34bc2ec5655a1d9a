"""Folders of embeddings, and splits by which nobody is in two parts."""

import csv
from pathlib import Path

import numpy as np


def read_folder(folder):
    """All .npz and .csv files of a folder as one set: embeddings, subjects, and a row of levels for each head.

    An .npz holds `embeddings` [n, size], `subjects` [n] and for each head an array [n] of levels from 0, named as the
    head. A .csv has a column `subject`, columns `e0`, `e1` … and a column for each head.
    """
    files = sorted(path for path in Path(folder).iterdir() if path.suffix in (".npz", ".csv"))
    if not files:
        raise SystemExit(f"Cannot train on {folder}: there is no .npz and no .csv in it")
    parts = [read_npz(file) if file.suffix == ".npz" else read_csv(file) for file in files]
    names = sorted(parts[0][2])
    for file, (embeddings, _, heads) in zip(files, parts):
        if sorted(heads) != names or embeddings.shape[1] != parts[0][0].shape[1]:
            raise SystemExit(f"Cannot train on {file}: its heads or its vectors are not those of {files[0]}")
    embeddings = np.concatenate([part[0] for part in parts]).astype(np.float32)
    subjects = np.concatenate([part[1] for part in parts]).astype(str)
    heads = {name: np.concatenate([part[2][name] for part in parts]).astype(np.int64) for name in parts[0][2]}
    usable = np.isfinite(embeddings).all(axis=1) & (np.abs(embeddings).sum(axis=1) > 0)
    if not usable.all():
        print(f"left out: {(~usable).sum()} embeddings of zeros, NaN or infinity")
    return embeddings[usable], subjects[usable], {name: levels[usable] for name, levels in heads.items()}


def read_npz(file):
    with np.load(file, allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    embeddings, subjects = arrays.pop("embeddings"), arrays.pop("subjects")
    return embeddings, subjects, arrays


def read_csv(file):
    with open(file, newline="") as text:
        rows = list(csv.DictReader(text))
    columns = [name for name in rows[0] if name.startswith("e") and name[1:].isdigit()]
    columns.sort(key=lambda name: int(name[1:]))
    heads = [name for name in rows[0] if name != "subject" and name not in columns]
    embeddings = np.array([[float(row[name]) for name in columns] for row in rows])
    subjects = np.array([row["subject"] for row in rows])
    return embeddings, subjects, {name: np.array([int(row[name]) for row in rows]) for name in heads}


def split_by_subject(subjects, seed, shares=(0.7, 0.15, 0.15)):
    """Rows to train on, to stop by and to judge by. No subject is in two of them."""
    names = np.unique(subjects)
    if len(names) < 3:
        raise SystemExit(f"Cannot split {len(names)} subjects in three: a face that was trained on judges nothing")
    np.random.default_rng(seed).shuffle(names)
    judged = max(1, round(len(names) * shares[2]))
    checked = max(1, round(len(names) * shares[1]))
    parts = names[judged + checked:], names[judged:judged + checked], names[:judged]
    return [np.flatnonzero(np.isin(subjects, part)) for part in parts]
