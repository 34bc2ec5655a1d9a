"""Writes tests/golden/adapters.json: what each family's outputs mean, worked out with numpy and ONNX Runtime's NMS.

Every case is made of recipes, so that a test can build the same tensors, and of the detections, classes or vector
that they stand for.

Needs numpy, onnx and onnxruntime.

Run: python scripts/golden/adapters.py && deno fmt tests/golden
"""

import json
from pathlib import Path

import numpy as np

from reference import centres, mask_points, nms, runs
from recipe import build, part, recipe

SIZE = 64
STRIDES = [8, 16, 32]


def cells(strides):
    """x, y and stride of every cell, row by row, level by level."""
    rows = []
    for stride in strides:
        side = -(-SIZE // stride)
        y, x = np.mgrid[0:side, 0:side]
        rows.append(np.stack([x.ravel(), y.ravel(), np.full(side * side, stride)], 1))
    return np.concatenate(rows).astype(np.float64)


def place(fit, source):
    """Scale and offset of the picture in the model's input, by axis."""
    w, h = source
    if fit == "stretch":
        return np.array([SIZE / w, SIZE / h]), np.zeros(2)
    scale = min(SIZE / w, SIZE / h)
    inner = np.array([round(w * scale), round(h * scale)])
    offset = (SIZE - inner) / 2 if fit == "letterbox" else np.zeros(2)
    return inner / np.array([w, h]), np.round(offset - 0.1) if fit == "letterbox" else offset


def finish(case, boxes, scores, classes, keypoints=None, mask=None):
    """Threshold, NMS, limit, and back to the source's pixels."""
    boxes, scores = np.asarray(boxes, np.float32), np.asarray(scores, np.float32)
    classes = np.asarray(classes, np.int64)
    strong = np.flatnonzero(scores >= np.float32(case["minScore"]))
    boxes, scores, classes = boxes[strong], scores[strong], classes[strong]
    if case["iou"] < 1:
        kept = nms(boxes, scores, classes, case["iou"])
    else:
        kept = np.argsort(-scores, kind="stable")
    scale, offset = place(case["fit"], case["source"])
    answers = []
    for i in kept[: case["maxDetections"]]:
        corners = (boxes[i].reshape(2, 2).astype(np.float64) - offset) / scale
        corners = np.clip(corners, 0, case["source"])
        (x0, y0), (x1, y1) = corners
        if not (x1 > x0 and y1 > y0):
            continue
        answer = {"box": numbers([x0, y0, x1 - x0, y1 - y0]), "classId": int(classes[i]), "score": number(scores[i])}
        if keypoints is not None:
            points = np.array(keypoints[strong[i]], np.float64)
            points[:, :2] = (points[:, :2] - offset) / scale
            answer["keypoints"] = [numbers(p) for p in points]
        if mask is not None:
            answer["mask"] = runs(mask(strong[i], boxes[i], scale, offset))
        answers.append(answer)
    case["expected"] = {"detections": answers}
    return case


def number(value):
    return float(f"{float(value):.7g}")


def numbers(values):
    return [number(v) for v in values]


def case_of(name, adapter, tensors, **settings):
    case = {
        "name": name,
        "adapter": adapter,
        "tensors": tensors,
        "outputs": [t["name"] for t in tensors],
        "options": {},
        "index": 0,
        "fit": "letterbox",
        "source": [100, 50],
        "minScore": 0.3,
        "iou": 0.5,
        "maxDetections": 300,
    }
    case.update(settings)
    batched = case["options"].get("batched", True) and case["options"].get("layout") != "chosen"
    tensors = [build(t).astype(np.float64) for t in tensors]
    return case, [t[case["index"]] if batched else t for t in tensors]


def place_rows():
    return [part(2, scale=SIZE), part(2, scale=30, add=2)]


def yolo():
    t = recipe("output0", [2, 9, 84], 11, [*place_rows(), part(5, "rare")], 1)
    case, [out] = case_of("yolo v8, second of a batch", "yolo", [t], index=1,
                          options={"layout": "v8", "classes": 5, "extras": 0})
    yield finish(case, centres(out[:4].T), out[4:].max(0), out[4:].argmax(0))

    t = recipe("output0", [1, 10, 84], 12, [*place_rows(), part(3, "rare"), part(3)], 1)
    case, [out] = case_of("yolo v8 with masks", "yolo", [t], iou=0.7,
                          options={"layout": "v8", "classes": 3, "extras": 3})
    yield finish(case, centres(out[:4].T), out[4:7].max(0), out[4:7].argmax(0))

    t = recipe("output0", [1, 11, 84], 13, [*place_rows(), part(1, "rare"), part(6, scale=SIZE)], 1)
    case, [out] = case_of("yolo v8 with keypoints", "yolo", [t],
                          options={"layout": "v8", "classes": 1, "extras": 6, "keypoints": [2, 3]})
    yield finish(case, centres(out[:4].T), out[4], np.zeros(84), out[5:].T.reshape(84, 2, 3))

    t = recipe("output", [1, 252, 8], 14, [*place_rows(), part(1), part(3)], 2)
    case, [out] = case_of("yolo v5", "yolo", [t], minScore=0.6, iou=0.45,
                          options={"layout": "v5", "classes": 3, "extras": 0})
    scores = out[:, 4:5] * out[:, 5:]
    yield finish(case, centres(out[:, :4]), scores.max(1), scores.argmax(1))

    t = recipe("output0", [1, 30, 10], 15,
               [part(2, scale=30), part(2, scale=30, add=30), part(1), part(1, "whole", 5), part(4, scale=SIZE)], 2)
    case, [out] = case_of("yolo that chose its boxes, with keypoints", "yolo", [t], iou=1,
                          options={"layout": "end2end", "classes": 5, "extras": 4, "keypoints": [2, 2]})
    yield finish(case, out[:, :4], out[:, 4], out[:, 5], out[:, 6:].reshape(30, 2, 2))


def masks_of(out, prototypes, source):
    """A reader of box `i`'s mask."""

    def read(i, box, scale, offset):
        within = [*offset, *(offset + np.array(source) * scale)]
        return mask_points(out[i], prototypes, box, SIZE, within)

    return read


def outlines():
    prototypes = recipe("output1", [1, 3, 8, 8], 16, [part(3, scale=2, add=-1)], 1)
    coefficients = part(3, scale=2, add=-0.4)
    t = recipe("output0", [1, 9, 84], 17, [part(2, scale=SIZE), part(2, scale=40, add=12), part(2, "rare"), coefficients], 1)
    case, [out, shared] = case_of("yolo v8 with outlines", "yolo", [t, prototypes],
                                  options={"layout": "v8", "classes": 2, "extras": 3, "masks": True})
    mask = masks_of(out[6:].T, shared, case["source"])
    yield finish(case, centres(out[:4].T), out[4:6].max(0), out[4:6].argmax(0), mask=mask)

    t = recipe("output0", [1, 10, 9], 18,
               [part(2, scale=30), part(2, scale=30, add=30), part(1), part(1, "whole", 5), coefficients], 2)
    case, [out, shared] = case_of("yolo that chose its boxes, with outlines", "yolo", [t, prototypes], iou=1,
                                  options={"layout": "end2end", "classes": 5, "extras": 3, "masks": True})
    mask = masks_of(out[:, 6:], shared, case["source"])
    yield finish(case, out[:, :4], out[:, 4], out[:, 5], mask=mask)


def ssd():
    corners = [part(2, scale=0.4), part(2, scale=0.5, add=0.45)]
    tensors = [
        recipe("detection_boxes", [1, 20, 4], 151, corners, 2),
        recipe("detection_scores", [1, 20], 152, [part(20)], 1),
        recipe("detection_classes", [1, 20], 153, [part(20, "whole", 4)], 1),
        recipe("num_detections", [1], 154, [part(1, "whole", 1, 15)], 0),
    ]
    case, [boxes, scores, classes, count] = case_of("ssd of tensorflow", "ssd", tensors, fit="stretch", iou=1,
                                                    options={"kind": "tensorflow", "first": 1})
    # Corners come as y, x; class 0 is the background; rows past the count are left over from the program's memory.
    real = np.arange(20) < count
    seen = real & (classes >= 1)
    yield finish(case, boxes[seen][:, [1, 0, 3, 2]] * SIZE, scores[seen], classes[seen] - 1)

    tensors = [
        recipe("bboxes", [1, 20, 4], 155, corners, 2),
        recipe("labels", [1, 20], 156, [part(20, "whole", 6, 1)], 1, "int64"),
        recipe("scores", [1, 20], 157, [part(20)], 1),
    ]
    case, [boxes, labels, scores] = case_of("ssd of mlperf", "ssd", tensors, fit="stretch", iou=1,
                                            options={"kind": "mlperf", "first": 1})
    yield finish(case, boxes * SIZE, scores, labels - 1)


def scrfd():
    for landmarks, batched, seed in [(True, False, 160), (False, True, 180)]:
        tensors = []
        kinds = [("score", part(1)), ("bbox", part(4, scale=2, add=0.2)), ("kps", part(10, scale=3, add=-1.5))]
        for k, (kind, filled) in enumerate(kinds[: 3 if landmarks else 2]):
            for i, stride in enumerate(STRIDES):
                rows = 2 * (SIZE // stride) ** 2
                dims = [rows, filled["size"]]
                name = f"{kind}_{stride}"
                tensors.append(recipe(name, [1, *dims] if batched else dims, seed + 3 * k + i, [filled], 2 if batched else 1))
        name = "scrfd with landmarks, without a batch" if landmarks else "scrfd"
        case, outs = case_of(name, "scrfd", tensors, fit="letterbox-top-left", minScore=0.6, iou=0.4,
                             options={"landmarks": landmarks, "batched": batched})
        scores, sides = np.concatenate(outs[:3])[:, 0], np.concatenate(outs[3:6])
        # Both boxes of a cell begin at its left top corner, and sides are distances from there in strides.
        grid = cells(STRIDES).repeat(2, 0)
        corner, stride = grid[:, :2] * grid[:, 2:], grid[:, 2:]
        boxes = np.concatenate([corner - sides[:, :2] * stride, corner + sides[:, 2:] * stride], 1)
        points = None
        if landmarks:
            marks = np.concatenate(outs[6:])
            points = corner[:, None] + marks.reshape(-1, 5, 2) * stride[:, None]
        yield finish(case, boxes, scores, np.zeros(len(scores)), points)


def yolox():
    parts = [part(2), part(2, scale=1.5), part(1), part(4)]
    t = recipe("output", [1, 84, 9], 21, parts, 2)
    case, [out] = case_of("yolox", "yolox", [t], fit="letterbox-top-left", minScore=0.6, options={"decoded": False})
    grid = cells(STRIDES)
    boxes = np.concatenate([(out[:, :2] + grid[:, :2]) * grid[:, 2:], np.exp(out[:, 2:4]) * grid[:, 2:]], 1)
    scores = out[:, 4:5] * out[:, 5:]
    yield finish(case, centres(boxes), scores.max(1), scores.argmax(1))

    t = recipe("output", [1, 84, 9], 22, [*place_rows(), part(1), part(4)], 2)
    case, [out] = case_of("yolox that decodes its boxes", "yolox", [t], fit="letterbox-top-left", minScore=0.6,
                          options={"decoded": True})
    scores = out[:, 4:5] * out[:, 5:]
    yield finish(case, centres(out[:, :4]), scores.max(1), scores.argmax(1))


def sides(logits, bins):
    weights = np.exp(logits.reshape(-1, 4, bins))
    return (weights / weights.sum(2, keepdims=True)) @ np.arange(bins)


def nanodet():
    tensors = []
    for i, stride in enumerate(STRIDES):
        count = (SIZE // stride) ** 2
        tensors.append(recipe(f"cls_pred_stride_{stride}", [1, count, 4], 31 + i, [part(4, "rare")], 2))
        tensors.append(recipe(f"dis_pred_stride_{stride}", [1, count, 32], 41 + i, [part(32, scale=6, add=-3)], 2))
    case, outs = case_of("nanodet", "nanodet", tensors, fit="stretch", iou=0.6,
                         options={"strides": STRIDES, "classes": 4, "bins": 8, "centre": 0.5, "joined": False})
    scores, reach = np.concatenate(outs[0::2]), sides(np.concatenate(outs[1::2]), 8)
    grid = cells(STRIDES)
    centre, reach = (grid[:, :2] + 0.5) * grid[:, 2:], reach * grid[:, 2:]
    boxes = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], 1)
    yield finish(case, boxes, scores.max(1), scores.argmax(1))

    strides = [8, 16, 32, 64]
    t = recipe("output", [1, 85, 35], 51, [part(3, "rare"), part(32, scale=6, add=-3)], 2)
    case, [out] = case_of("nanodet plus", "nanodet", [t], fit="stretch", iou=0.6,
                          options={"strides": strides, "classes": 3, "bins": 8, "centre": 0, "joined": True})
    grid = cells(strides)
    centre, reach = grid[:, :2] * grid[:, 2:], sides(out[:, 3:], 8) * grid[:, 2:]
    boxes = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], 1)
    yield finish(case, boxes, out[:, :3].max(1), out[:, :3].argmax(1))


def fastestdet():
    t = recipe("758", [1, 9, 4, 4], 61, [part(1), part(4, scale=4, add=-2), part(4)], 1)
    case, [out] = case_of("fastestdet", "fastestdet", [t], fit="stretch", minScore=0.5, iou=0.45)
    y, x = np.mgrid[0:4, 0:4]
    cx, cy = (x + np.tanh(out[1])) / 4, (y + np.tanh(out[2])) / 4
    w, h = 1 / (1 + np.exp(-out[3])), 1 / (1 + np.exp(-out[4]))
    boxes = np.stack([cx, cy, w, h], -1).reshape(-1, 4) * SIZE
    scores = (out[0] ** 0.6 * out[5:].max(0) ** 0.4).ravel()
    yield finish(case, centres(boxes), scores, out[5:].argmax(0).ravel())


def detr():
    tensors = [
        recipe("labels", [1, 20], 71, [part(20, "whole", 6)], 1, "int64"),
        recipe("boxes", [1, 20, 4], 72, [part(2, scale=30), part(2, scale=30, add=30)], 2),
        recipe("scores", [1, 20], 73, [part(20)], 1),
    ]
    case, [labels, boxes, scores] = case_of("detr that chose its boxes", "detr", tensors, fit="stretch", iou=1,
                                            options={"kind": "chosen", "feeds": {}})
    yield finish(case, boxes, scores, labels)

    fractions = [part(2), part(2, scale=0.5, add=0.05)]
    boxes_recipe = recipe("dets", [1, 20, 4], 74, fractions, 2)
    for activation, seed in [("sigmoid", 75), ("softmax", 76)]:
        t = recipe("labels", [1, 20, 5], seed, [part(5, scale=8, add=-6)], 2)
        case, [boxes, logits] = case_of(f"detr with logits, {activation}", "detr", [boxes_recipe, t], fit="stretch",
                                        iou=1, options={"kind": "logits", "activation": activation, "classes": 4})
        corners = centres(boxes * SIZE)
        if activation == "sigmoid":
            scores = 1 / (1 + np.exp(-logits[:, :4]))
            yield finish(case, corners.repeat(4, 0), scores.ravel(), np.tile(np.arange(4), 20))
        else:
            scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
            yield finish(case, corners, scores[:, :4].max(1), scores[:, :4].argmax(1))

    t = recipe("output0", [1, 20, 6], 77, [*fractions, part(1), part(1, "whole", 9)], 2)
    case, [out] = case_of("detr in one output", "detr", [t], fit="stretch", iou=1, options={"kind": "joined"})
    yield finish(case, centres(out[:, :4] * SIZE), out[:, 4], out[:, 5])

    t = recipe("output0", [1, 20, 7], 78, [*fractions, part(3, "rare")], 2)
    case, [out] = case_of("detr in one output, a score a class", "detr", [t], fit="stretch", iou=1,
                          options={"kind": "scores", "classes": 3})
    yield finish(case, centres(out[:, :4] * SIZE).repeat(3, 0), out[:, 4:].ravel(), np.tile(np.arange(3), 20))


def faces():
    tensors = [
        recipe("scores", [1, 40, 2], 81, [part(2)], 2),
        recipe("boxes", [1, 40, 4], 82, [part(2, scale=0.5), part(2, scale=0.5, add=0.5)], 2),
    ]
    case, [scores, boxes] = case_of("ultraface", "ultraface", tensors, fit="stretch", minScore=0.7, iou=0.3)
    yield finish(case, boxes * SIZE, scores[:, 1], np.zeros(40))

    row = [part(2), part(2, scale=0.5), part(2, scale=0.5, add=0.5)]
    for name, layout, dims, iou in [("in one output", "joined", [1, 40, 6], 0.3), ("that chose its faces", "chosen", [40, 6], 1)]:
        t = recipe("Identity", dims, 83, row, len(dims) - 1)
        case, [out] = case_of(f"ultraface {name}", "ultraface", [t], fit="stretch", minScore=0.7, iou=iou,
                              options={"layout": layout})
        yield finish(case, out[:, 2:] * SIZE, out[:, 1], np.zeros(40))

    tensors = []
    for i, stride in enumerate(STRIDES):
        count = (SIZE // stride) ** 2
        tensors += [
            recipe(f"cls_{stride}", [1, count, 1], 91 + i, [part(1)], 2),
            recipe(f"obj_{stride}", [1, count, 1], 101 + i, [part(1)], 2),
            recipe(f"bbox_{stride}", [1, count, 4], 111 + i, [part(2), part(2, scale=1.5, add=-0.5)], 2),
            recipe(f"kps_{stride}", [1, count, 10], 121 + i, [part(10, scale=2, add=-0.5)], 2),
        ]
    case, outs = case_of("yunet", "yunet", tensors, fit="letterbox-top-left", minScore=0.6, iou=0.3)
    cls, obj, bbox, kps = (np.concatenate(outs[k::4]) for k in range(4))
    grid = cells(STRIDES)
    boxes = np.concatenate([(bbox[:, :2] + grid[:, :2]) * grid[:, 2:], np.exp(bbox[:, 2:]) * grid[:, 2:]], 1)
    points = (kps.reshape(-1, 5, 2) + grid[:, None, :2]) * grid[:, None, 2:]
    yield finish(case, centres(boxes), np.sqrt(cls * obj)[:, 0], np.zeros(84), points)


def vectors():
    for activation, scale, add in [("auto", 8, -4), ("exp", 4, -5), ("none", 1, 0), ("sigmoid", 8, -4)]:
        t = recipe("logits", [2, 12, 1, 1], 131, [part(12, scale=scale, add=add)], 1)
        case, [out] = case_of(f"classify, {activation}", "classify", [t], index=1, minScore=0.05, iou=1,
                              maxDetections=4, options={"activation": activation})
        values = out.ravel()
        scores = {
            "auto": np.exp(values) / np.exp(values).sum(),
            "exp": np.exp(values),
            "none": values,
            "sigmoid": 1 / (1 + np.exp(-values)),
        }[activation]
        order = [int(i) for i in np.argsort(-scores, kind="stable")[:4] if scores[i] >= 0.05]
        case["expected"] = {"classes": [{"classId": i, "score": number(scores[i])} for i in order]}
        yield case

    t = recipe("features", [1, 16], 141, [part(16, scale=6, add=-3)], 1)
    case, [out] = case_of("embed", "embed", [t], iou=1)
    case["expected"] = {"embedding": numbers(out / np.linalg.norm(out))}
    yield case

    case, [out] = case_of("embed, its length kept", "embed", [t], iou=1, options={"normalise": False})
    case["expected"] = {"embedding": numbers(out)}
    yield case

    tensors = [recipe(name, [2, 4], seed, [part(4, scale=6, add=-3)], 1) for name, seed in [("Boredom", 142), ("Mood", 143)]]
    case, outs = case_of("heads", "head", tensors, index=1, iou=1, options={"activation": "softmax"})
    heads = {}
    for t, out in zip(tensors, outs):
        scores = np.exp(out) / np.exp(out).sum()
        heads[t["name"]] = {"classId": int(scores.argmax()), "score": number(scores.max()), "probabilities": numbers(scores)}
    case["expected"] = {"heads": heads}
    yield case


def main():
    cases = [c for family in [yolo, outlines, yolox, nanodet, fastestdet, detr, ssd, faces, scrfd, vectors] for c in family()]
    path = Path(__file__).parents[2] / "tests" / "golden" / "adapters.json"
    text = ",\n".join(json.dumps(case) for case in cases)
    path.write_text('{"made": "numpy and ONNX Runtime", "size": %d, "cases": [\n%s\n]}\n' % (SIZE, text))
    for case in cases:
        print(f"{case['name']:45} {[len(v) for v in case['expected'].values()]}")


main()
