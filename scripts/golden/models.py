"""Writes tests/golden/models.json: what whole networks see in pictures, from pixels to answers.

Each case names a model, a picture made of numbers, and what its card says: how pixels go in, and what comes out means.
ONNX Runtime runs it, numpy reads it. No picture is scaled, so that no resampler decides. MODELS are the small networks
that scripts/golden/write_models.ts writes; ASSETS is a folder with the public models and pictures themselves, of which
nothing but numbers is kept.

Needs numpy, onnx, onnxruntime and pillow.

Run: deno run -A scripts/golden/write_models.ts MODELS &&
     python scripts/golden/models.py MODELS ASSETS && deno fmt tests/golden
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from recipe import Random
from reference import centres, mask_points, nms, runs

onnxruntime.set_default_logger_severity(3)

MODELS, ASSETS = (Path(arg) for arg in sys.argv[1:3])
BLOCK = 8
IMAGENET = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def blocks(seed, width, height):
    """Squares of any colours."""
    random = Random(seed)
    small = [int(random() * 256) for _ in range((height // BLOCK) * (width // BLOCK) * 3)]
    small = np.array(small, np.uint8).reshape(height // BLOCK, width // BLOCK, 3)
    return {"blocks": seed, "size": [width, height]}, small.repeat(BLOCK, 0).repeat(BLOCK, 1)


def asset(image, region, size, gray=False):
    """A part of a picture in the left top corner of a black one."""
    x, y, w, h = region
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:h, :w] = np.asarray(Image.open(ASSETS / "images" / image).convert("RGB"))[y : y + h, x : x + w]
    if gray:
        pixels = pixels[:, :, :1].repeat(3, 2)
    return {"image": image, "region": region, "size": size, "gray": gray}, pixels


def laid(pixels, width, height, at=(0, 0), pad=0):
    """The picture on a ground of its model's size, unscaled."""
    ground = np.full((height, width, 3), pad, np.float64)
    ground[at[1] : at[1] + pixels.shape[0], at[0] : at[0] + pixels.shape[1]] = pixels
    return ground


def numbers(values):
    return [float(f"{float(v):.7g}") for v in values]


class Case:
    """One model and one picture; `folder` is MODELS or ASSETS."""

    def __init__(self, model, picture, manifest=None, folder=None):
        self.file = f"{model}.onnx"
        self.path = (folder or MODELS) / self.file
        self.picture, self.pixels = picture
        self.data = {"model": self.file, "asset": folder is not None, "picture": self.picture, "manifest": manifest or {}}

    def run(self, ground, mean=0.0, std=1.0, scale=1.0, bgr=False, nhwc=False, gray=False, type=np.float32):
        values = ground[:, :, ::-1] if bgr else ground
        values = values[:, :, :1] if gray else values
        values = ((values * scale - np.array(mean)) / np.array(std))[None]
        values = values if nhwc else values.transpose(0, 3, 1, 2)
        session = onnxruntime.InferenceSession(str(self.path), providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        names = [o.name for o in session.get_outputs()]
        return dict(zip(names, session.run(None, {name: np.ascontiguousarray(values.astype(type))})))

    def detections(self, boxes, scores, classes, least, iou=None, keypoints=None, mask=None, offset=(0, 0)):
        """Threshold, NMS where the network did none, and back to the picture."""
        keep = np.flatnonzero(scores >= least)
        if iou is None:
            order = keep[np.argsort(-scores[keep], kind="stable")]
        else:
            order = keep[nms(np.float32(boxes[keep]), np.float32(scores[keep]), classes[keep], iou)]
        height, width = self.pixels.shape[:2]
        answers = []
        for i in order:
            x0, x1 = np.clip(boxes[i][[0, 2]] - offset[0], 0, width)
            y0, y1 = np.clip(boxes[i][[1, 3]] - offset[1], 0, height)
            if not (x1 > x0 and y1 > y0):
                continue
            answer = {"box": numbers([x0, y0, x1 - x0, y1 - y0]), "classId": int(classes[i]), "score": float(scores[i])}
            if keypoints is not None:
                points = np.array(keypoints[i], np.float64)
                points[:, :2] -= offset
                answer["keypoints"] = [numbers(p) for p in points]
            if mask is not None:
                answer["mask"] = runs(mask(i))
            answers.append(answer)
        assert answers, f"{self.file} sees nothing"
        self.data["detections"] = answers
        print(f"{self.file:40} {len(answers)} detections, best {answers[0]['score']:.3f}")
        return self.data

    def vector(self, values):
        self.data["embedding"] = numbers(values)
        print(f"{self.file:40} {len(values)} numbers")
        return self.data

    def classes(self, scores, most=5):
        order = np.argsort(-scores, kind="stable")[:most]
        self.data["classes"] = [{"classId": int(i), "score": float(scores[i])} for i in order]
        print(f"{self.file:40} class {order[0]}, {scores[order[0]]:.3f}")
        return self.data


def grid(width, height, strides, anchors=1):
    """Column, row and stride of every cell, level by level."""
    cells = []
    for stride in strides:
        y, x = np.mgrid[0 : -(-height // stride), 0 : -(-width // stride)]
        cells.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, stride)], 1).repeat(anchors, 0))
    return np.concatenate(cells).astype(np.float64)


def yolo():
    """Ultralytics: RGB 0 to 1, in the middle of grey 114; rows of centre and size, scores, then what its task adds."""
    case = Case("pose", blocks(11, 64, 48))
    out = case.run(laid(case.pixels, 64, 64, (0, 8), 114), scale=1 / 255)["output0"][0].astype(np.float64).T
    yield case.detections(centres(out), out[:, 4], np.zeros(84), 0.25, 0.7, out[:, 5:].reshape(84, 17, 3), offset=(0, 8))

    case = Case("segment", blocks(12, 64, 48))
    outs = case.run(laid(case.pixels, 64, 64, (0, 8), 114), scale=1 / 255)
    out, prototypes = outs["output0"][0].astype(np.float64).T, outs["output1"][0].astype(np.float64)
    boxes = centres(out)
    mask = lambda i: mask_points(out[i, 6:], prototypes, boxes[i], 64, [0, 8, 64, 56])
    yield case.detections(boxes, out[:, 4:6].max(1), out[:, 4:6].argmax(1), 0.25, 0.7, mask=mask, offset=(0, 8))

    case = Case("segment_chosen", blocks(13, 64, 64))
    outs = case.run(laid(case.pixels, 64, 64), scale=1 / 255)
    out, prototypes = outs["output0"][0].astype(np.float64), outs["output1"][0].astype(np.float64)
    mask = lambda i: mask_points(out[i, 6:], prototypes, out[i, :4], 64, [0, 0, 64, 64])
    yield case.detections(out[:, :4], out[:, 4], out[:, 5].round(), 0.25, mask=mask)


def ssd():
    """TensorFlow: bytes, corners y, x as fractions, COCO's own numbers, and how many of the rows count."""
    case = Case("ssd_tensorflow", blocks(14, 64, 64))
    outs = case.run(laid(case.pixels, 64, 64), nhwc=True, type=np.uint8)
    count = int(outs["num_detections"][0])
    boxes, scores, classes = (outs[f"detection_{name}"][0, :count] for name in ["boxes", "scores", "classes"])
    yield case.detections(boxes[:, [1, 0, 3, 2]] * 64.0, scores, classes.round(), 0.3)

    # MLPerf: ImageNet's mean and deviation, corners x, y as fractions, 80 classes numbered from 1.
    case = Case("ssd_mlperf", blocks(15, 64, 64))
    outs = case.run(laid(case.pixels, 64, 64), *IMAGENET, scale=1 / 255)
    yield case.detections(outs["bboxes"][0] * 64.0, outs["scores"][0], outs["labels"][0] - 1, 0.3)


def scrfd():
    """InsightFace: RGB, 127.5 off over 128, left top on black; two boxes a cell, distances in strides from its corner."""
    case = Case("scrfd", blocks(16, 64, 48))
    outs = list(case.run(laid(case.pixels, 64, 64), 127.5, 128.0).values())
    scores, sides, marks = (np.concatenate([o.astype(np.float64) for o in outs[k : k + 3]]) for k in (0, 3, 6))
    cells = grid(64, 64, [8, 16, 32], 2)
    corner, stride = cells[:, :2] * cells[:, 2:], cells[:, 2:]
    boxes = np.concatenate([corner - sides[:, :2] * stride, corner + sides[:, 2:] * stride], 1)
    points = corner[:, None] + marks.reshape(-1, 5, 2) * stride[:, None]
    yield case.detections(boxes, scores[:, 0], np.zeros(len(scores)), 0.5, 0.4, points)


def ultraface():
    """RGB, 127 off over 128; background, face, corners as fractions."""
    case = Case("ultraface_joined", blocks(17, 320, 240))
    out = case.run(laid(case.pixels, 320, 240), 127.0, 128.0, nhwc=True)["Identity"][0].astype(np.float64)
    size = np.array([320, 240, 320, 240])
    yield case.detections(out[:, 2:] * size, out[:, 1], np.zeros(len(out)), 0.7, 0.3)

    case = Case("ultraface_chosen", blocks(19, 320, 240))
    out = case.run(laid(case.pixels, 320, 240), 127.0, 128.0, nhwc=True)["Identity"].astype(np.float64)
    yield case.detections(out[:, 2:] * size, out[:, 1], np.zeros(len(out)), 0.7)

    case = Case("ultraface_rfb_320", asset("astronaut.png", [120, 10, 320, 240], [320, 240]), folder=ASSETS / "models")
    outs = case.run(laid(case.pixels, 320, 240), 127.0, 128.0)
    scores, boxes = outs["scores"][0].astype(np.float64), outs["boxes"][0].astype(np.float64)
    yield case.detections(boxes * size, scores[:, 1], np.zeros(len(scores)), 0.7, 0.3)


def yunet():
    """OpenCV: BGR bytes as they are, left top on black; centre in cells, size as exponents, score of two."""
    whole = [0, 0, 512, 512]
    for name, side, manifest in [("face_detection_yunet_2023mar", 640, None), ("yunet_n_dynamic", 512, {"input": {"size": [512, 512]}})]:
        case = Case(name, asset("astronaut.png", whole, [side, side]), manifest, ASSETS / "models")
        outs = case.run(laid(case.pixels, side, side), bgr=True)
        cls, obj, bbox, kps = (
            np.concatenate([outs[f"{kind}_{stride}"][0].astype(np.float64) for stride in [8, 16, 32]])
            for kind in ["cls", "obj", "bbox", "kps"]
        )
        cells = grid(side, side, [8, 16, 32])
        middle, size = (cells[:, :2] + bbox[:, :2]) * cells[:, 2:], np.exp(bbox[:, 2:]) * cells[:, 2:]
        points = (kps.reshape(-1, 5, 2) + cells[:, None, :2]) * cells[:, None, 2:]
        scores = np.sqrt(cls.clip(0, 1) * obj.clip(0, 1))[:, 0]
        yield case.detections(centres(np.concatenate([middle, size], 1)), scores, np.zeros(len(scores)), 0.6, 0.3, points)


def yolox():
    """Megvii: BGR bytes as they are, left top on grey 114; offsets in cells, sizes as exponents, objectness by class."""
    case = Case("yolox_nano_416", asset("chelsea.png", [0, 0, 416, 300], [416, 300]), folder=ASSETS / "models")
    [out] = case.run(laid(case.pixels, 416, 416, pad=114), bgr=True).values()
    out, cells = out[0].astype(np.float64), grid(416, 416, [8, 16, 32])
    rows = np.concatenate([(out[:, :2] + cells[:, :2]) * cells[:, 2:], np.exp(out[:, 2:4]) * cells[:, 2:]], 1)
    scores = out[:, 4:5] * out[:, 5:]
    yield case.detections(centres(rows), scores.max(1), scores.argmax(1), 0.3, 0.45)


def nanodet():
    """BGR less its mean over its deviation, in the middle of black; sides as distributions of eight steps."""
    case = Case("nanodet_m_320", asset("chelsea.png", [60, 0, 320, 300], [320, 300]), folder=ASSETS / "models")
    outs = case.run(laid(case.pixels, 320, 320, (0, 10)), [103.53, 116.28, 123.675], [57.375, 57.12, 58.395], bgr=True)
    scores, sides = (
        np.concatenate([outs[f"{kind}_pred_stride_{stride}"][0].astype(np.float64) for stride in [8, 16, 32]])
        for kind in ["cls", "dis"]
    )
    weights = np.exp(sides.reshape(-1, 4, 8))
    reach = (weights / weights.sum(2, keepdims=True)) @ np.arange(8)
    cells = grid(320, 320, [8, 16, 32])
    middle, stride = (cells[:, :2] + 0.5) * cells[:, 2:], cells[:, 2:]
    boxes = np.concatenate([middle - reach[:, :2] * stride, middle + reach[:, 2:] * stride], 1)
    # The padding is mean-less black in the picture's own numbers.
    yield case.detections(boxes, scores.max(1), scores.argmax(1), 0.35, 0.6, offset=(0, 10))


def fastestdet():
    """BGR 0 to 1, stretched; one grid of 22 by 22 cells."""
    case = Case("fastestdet_352", asset("chelsea.png", [40, 0, 352, 300], [352, 352]), folder=ASSETS / "models")
    [out] = case.run(laid(case.pixels, 352, 352), scale=1 / 255, bgr=True).values()
    out = out[0].astype(np.float64)
    side = out.shape[1]
    y, x = np.mgrid[0:side, 0:side]
    middle = (x + np.tanh(out[1])) / side, (y + np.tanh(out[2])) / side
    size = 1 / (1 + np.exp(-out[3])), 1 / (1 + np.exp(-out[4]))
    rows = np.stack([*middle, *size], -1).reshape(-1, 4) * 352
    scores = (out[0] ** 0.6 * out[5:].max(0) ** 0.4).ravel()
    yield case.detections(centres(rows), scores, out[5:].argmax(0).ravel(), 0.65, 0.45)


def vectors():
    """Feature vectors and classifiers."""
    case = Case("embedding", blocks(18, 64, 64), {"options": {"normalise": False}})
    yield case.vector(case.run(laid(case.pixels, 64, 64), *IMAGENET, scale=1 / 255)["features"][0])

    case = Case("person_reid_retail_0248", asset("astronaut.png", [150, 20, 128, 256], [128, 256]), folder=ASSETS / "models")
    [out] = case.run(laid(case.pixels, 128, 256), bgr=True, nhwc=True).values()
    yield case.vector(out[0] / np.linalg.norm(out[0]))

    case = Case("bare", blocks(20, 64, 64), {"adapter": "tensor"})
    out = case.run(laid(case.pixels, 64, 64), scale=1 / 255)["numbers"]
    case.data["tensors"] = {"numbers": {"shape": list(out.shape), "data": numbers(out.ravel())}}
    yield case.data

    manifest = {"input": {"fit": "stretch"}}
    case = Case("squeezenet_fp16", asset("coffee.png", [180, 80, 224, 224], [224, 224]), manifest, ASSETS / "models")
    # Caffe's own: BGR less the mean of ImageNet's pixels. Its last operation is softmax; MNIST's is not.
    [out] = case.run(laid(case.pixels, 224, 224), [104, 117, 123], bgr=True, type=np.float16).values()
    yield case.classes(out.astype(np.float64).ravel())

    case = Case("mnist", asset("coffee.png", [300, 200, 28, 28], [28, 28], gray=True), folder=ASSETS / "models")
    [out] = case.run(laid(case.pixels, 28, 28), scale=1 / 255, gray=True).values()
    values = out.astype(np.float64).ravel()
    yield case.classes(np.exp(values - values.max()) / np.exp(values - values.max()).sum())


def main():
    families = [yolo, ssd, scrfd, ultraface, yunet, yolox, nanodet, fastestdet, vectors]
    cases = ",\n".join(json.dumps(case) for family in families for case in family())
    path = Path(__file__).parents[2] / "tests" / "golden" / "models.json"
    path.write_text('{"made": "ONNX Runtime and numpy", "cases": [\n%s\n]}\n' % cases)


main()
