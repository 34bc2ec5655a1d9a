"""Rendered pictures to training samples.

A set is a folder with `frames.rgb` (packed rgb24 pictures) and `truth.jsonl` (one line a picture), as render.ts writes
them. Pictures are laid into the network's input once, when a set is loaded; crops, flips, colours and compression come
anew at every sample.
"""

import json
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import torch

from model import BALL, HEIGHT, NAMES, WIDTH

PAD = 114
KEEPER = NAMES.index("goalkeeper")
RARE = [KEEPER, NAMES.index("referee")]
# Below this share of visible area nobody is asked to find an object, nor blamed for finding it.
LEAST_VISIBLE = 0.3

# What is rendered of which matches. Nothing is ever chosen by the look of the test set.
SETS = {
    "train": {"seeds": "10000-10399", "frames": 10, "every": 63},
    "check": {"seeds": "20000-20019", "frames": 6, "every": 100},
    "test": {"seeds": "30000-30019", "frames": 40, "every": 25},
}

cv2.setNumThreads(1)


def render(root, name):
    """The folder of a set, rendered with Deno when it is not there yet."""
    folder = Path(root) / name
    if not (folder / "truth.jsonl").exists():
        shutil.rmtree(folder, ignore_errors=True)
        what = SETS[name]
        options = [text for key, value in what.items() for text in (f"--{key}", str(value))]
        script = Path(__file__).parent / "render.ts"
        subprocess.run(["deno", "run", "-A", script, *options, "--jobs", "2", "--out", folder], check=True)
    return folder


def place(width, height):
    """Where a picture of the given size lies in the input: x, y, width, height. The rule of src/vision/fit.ts."""
    scale = min(WIDTH / width, HEIGHT / height)
    fit_width, fit_height = int(width * scale + 0.5), int(height * scale + 0.5)
    return round((WIDTH - fit_width) / 2 - 0.1), round((HEIGHT - fit_height) / 2 - 0.1), fit_width, fit_height


def resample(picture, size, way):
    """A picture scaled as OpenCV's area averaging does it, as FFmpeg's bilinear scaler does it, or not antialiased."""
    if way == "linear":
        return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    if way == "triangle" and picture.shape[1] >= 1.5 * size[0]:
        tent = np.array([1, 2, 1], np.float32) / 4
        picture = cv2.sepFilter2D(picture, -1, tent, tent)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def letterbox(picture, way="area"):
    """A picture laid into the input, uint8 [HEIGHT, WIDTH, 3]."""
    height, width = picture.shape[:2]
    x, y, fit_width, fit_height = place(width, height)
    canvas = np.full((HEIGHT, WIDTH, 3), PAD, np.uint8)
    canvas[y : y + fit_height, x : x + fit_width] = resample(picture, (fit_width, fit_height), way)
    return canvas


def objects_of(line):
    """The objects of one line of truth in source pixels, [n, 6]: class, corners cut at the edges, 1 where ignored."""
    width, height, rows = line["width"], line["height"], []
    for thing in line["objects"]:
        x, y, w, h = thing["box"]
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
        if right - left < 1 or bottom - top < 1:
            continue
        rows.append(
            [NAMES.index(thing["class"]), left, top, right, bottom, float(thing["visible"] < LEAST_VISIBLE)]
        )
    return np.array(rows, np.float32).reshape(-1, 6)


def read(folder):
    """Yields (seed, picture uint8 [h, w, 3], objects [n, 6] in its pixels) for every picture of a rendered set."""
    folder = Path(folder)
    with open(folder / "frames.rgb", "rb") as pictures, open(folder / "truth.jsonl") as truth:
        for text in truth:
            line = json.loads(text)
            width, height = line["width"], line["height"]
            pixels = pictures.read(width * height * 3)
            if len(pixels) < width * height * 3:
                raise ValueError(f"{folder}: frames.rgb ends before truth.jsonl")
            yield line["seed"], np.frombuffer(pixels, np.uint8).reshape(height, width, 3), objects_of(line)


def to_input(objects, width, height):
    """Objects in source pixels to input pixels."""
    x, y, fit_width, fit_height = place(width, height)
    objects = objects.copy()
    objects[:, [1, 3]] = objects[:, [1, 3]] * fit_width / width + x
    objects[:, [2, 4]] = objects[:, [2, 4]] * fit_height / height + y
    return objects


def compress(picture, quality):
    """What a camera's encoder does to a picture: blocks, ringing, half the colour resolution."""
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    assert done
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def load(folder, seed=None):
    """A whole set as (pictures uint8 [n, HEIGHT, WIDTH, 3], list of objects). With a seed, compressed and resampled as
    cameras and scalers may do it; without one, laid in as the evaluation does."""
    random = None if seed is None else np.random.default_rng(seed)
    with open(Path(folder) / "truth.jsonl") as lines:
        pictures = np.empty((sum(1 for _ in lines), HEIGHT, WIDTH, 3), np.uint8)
    truths = []
    for _, picture, objects in read(folder):
        way = "area"
        if random is not None:
            if random.random() < 0.5:
                picture = compress(picture, random.integers(35, 95))
            way = random.choice(["area", "triangle", "linear"], p=[0.4, 0.4, 0.2])
        pictures[len(truths)] = letterbox(picture, way)
        truths.append(to_input(objects, picture.shape[1], picture.shape[0]))
    return pictures, truths


class Samples(torch.utils.data.Dataset):
    """Training samples: `steps` batches of `batch` views of the frames, each made from (seed, step, place) alone."""

    def __init__(self, pictures, truths, size, batch, steps, seed, most=40):
        self.pictures, self.truths, self.most = pictures, truths, most
        self.width, self.height = size
        self.batch, self.steps, self.seed = batch, steps, seed
        # Most pictures show no goalkeeper: those that do come up three times as often.
        weights = np.array([3.0 if (truth[:, 0] == KEEPER).any() else 1.0 for truth in truths])
        self.chances = np.cumsum(weights / weights.sum())

    def __len__(self):
        return self.steps

    def __getitem__(self, step):
        random = np.random.default_rng((self.seed, step))
        views = [self.view(random) for _ in range(self.batch)]
        pictures = torch.from_numpy(np.stack([picture for picture, _ in views]))
        objects = torch.full((self.batch, self.most, 6), -1.0)
        for row, (_, found) in zip(objects, views):
            row[:, 1:] = 0
            row[: len(found)] = torch.from_numpy(found[: self.most])
        return pictures, objects

    def view(self, random):
        index = min(int(np.searchsorted(self.chances, random.random())), len(self.pictures) - 1)
        picture, objects = self.pictures[index], self.truths[index].copy()
        whole = (self.width, self.height) == (WIDTH, HEIGHT)
        scale = 1.0 if random.random() < 0.5 else float(np.exp(random.uniform(np.log(0.7), np.log(1.5))))
        spare_x, spare_y = WIDTH - self.width / scale, HEIGHT - self.height / scale
        # A crop is laid around what there is little of: the ball mostly, else an official or a goalkeeper.
        rare = objects[objects[:, 0] == BALL] if random.random() < 0.6 else objects[np.isin(objects[:, 0], RARE)]
        if not whole and len(rare) and random.random() < 0.75:
            middle = rare[random.integers(len(rare))]
            x = (middle[1] + middle[3]) / 2 - random.uniform(0.1, 0.9) * self.width / scale
            y = (middle[2] + middle[4]) / 2 - random.uniform(0.1, 0.9) * self.height / scale
        else:
            x, y = random.uniform(min(0, spare_x), max(0, spare_x)), random.uniform(min(0, spare_y), max(0, spare_y))
        if not whole:
            x, y = np.clip(x, min(0, spare_x), max(0, spare_x)), np.clip(y, min(0, spare_y), max(0, spare_y))
        if scale == 1:
            x, y = round(x), round(y)
        matrix = np.array([[scale, 0, (0.5 - x) * scale - 0.5], [0, scale, (0.5 - y) * scale - 0.5]])
        picture = cv2.warpAffine(
            picture, matrix, (self.width, self.height),
            flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(PAD, PAD, PAD),
        )
        size = (objects[:, 3] - objects[:, 1]) * (objects[:, 4] - objects[:, 2])
        objects[:, [1, 3]] = ((objects[:, [1, 3]] - x) * scale).clip(0, self.width)
        objects[:, [2, 4]] = ((objects[:, [2, 4]] - y) * scale).clip(0, self.height)
        left = (objects[:, 3] - objects[:, 1]) * (objects[:, 4] - objects[:, 2]) / np.maximum(size * scale**2, 1e-6)
        objects[left < LEAST_VISIBLE, 5] = 1
        objects = objects[left > 0.02]
        if random.random() < 0.5:
            picture = picture[:, ::-1]
            objects[:, [1, 3]] = self.width - objects[:, [3, 1]]
        return np.ascontiguousarray(self.recolour(picture, random)), objects

    def recolour(self, picture, random):
        if random.random() < 0.7:
            ramp = np.arange(256, dtype=np.float32) / 255
            curve = ramp[:, None] ** random.uniform(0.75, 1.35) * random.uniform(0.75, 1.2) + random.uniform(-0.06, 0.06)
            curve = curve * random.uniform(0.93, 1.07, 3)
            table = (curve * 255).clip(0, 255).astype(np.uint8)
            picture = cv2.LUT(np.ascontiguousarray(picture), table[None])
        if random.random() < 0.3:
            gray = picture.mean(-1, keepdims=True)
            picture = (gray + (picture - gray) * random.uniform(0.5, 1.3)).clip(0, 255).astype(np.uint8)
        if random.random() < 0.1:
            picture = cv2.GaussianBlur(np.ascontiguousarray(picture), (0, 0), random.uniform(0.3, 0.8))
        if random.random() < 0.2:
            noise = random.normal(0, random.uniform(1, 7), picture.shape)
            picture = (picture + noise).clip(0, 255).astype(np.uint8)
        if random.random() < 0.15:
            picture = compress(picture, random.integers(60, 96))
        return picture


def to_tensor(pictures):
    """uint8 [n, h, w, 3] to what the network eats: float 0 to 1, [n, 3, h, w], channels last in memory."""
    return pictures.float().div_(255).permute(0, 3, 1, 2)
