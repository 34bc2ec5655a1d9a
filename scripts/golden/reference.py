"""What the references of the golden files have in common: NMS by ONNX Runtime, boxes, and masks."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def nms_session():
    """ONNX's own operation, in a graph of its own: boxes [1,n,4], scores [1,classes,n], and what is kept."""
    floats, ints = TensorProto.FLOAT, TensorProto.INT64
    node = helper.make_node("NonMaxSuppression", ["boxes", "scores", "most", "iou"], ["kept"])
    graph = helper.make_graph(
        [node],
        "nms",
        [
            helper.make_tensor_value_info("boxes", floats, [1, None, 4]),
            helper.make_tensor_value_info("scores", floats, [1, None, None]),
            helper.make_tensor_value_info("most", ints, [1]),
            helper.make_tensor_value_info("iou", floats, [1]),
        ],
        [helper.make_tensor_value_info("kept", ints, [None, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


SESSION = nms_session()


def nms(boxes, scores, classes, iou):
    """Which boxes stay, each class for itself, best first."""
    if len(boxes) == 0:
        return np.zeros(0, np.int64)
    kept = []
    for c in np.unique(classes):
        own = np.flatnonzero(classes == c)
        feeds = {
            "boxes": np.float32(boxes[own])[None],
            "scores": np.float32(scores[own])[None, None],
            "most": np.array([len(own)]),
            "iou": np.float32([iou]),
        }
        kept += list(own[SESSION.run(None, feeds)[0][:, 2]])
    kept = np.sort(np.array(kept))
    return kept[np.argsort(-scores[kept], kind="stable")]


def centres(rows):
    """Corners of boxes that are given by centre and size."""
    return np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2], 1)


def bilinear(image, x, y):
    """An image between its pixels, the outermost of which go on for ever."""
    rows, columns = image.shape
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    x1, y1 = np.minimum(x0 + 1, columns - 1), np.minimum(y0 + 1, rows - 1)
    right, down = x - x0, y - y0
    above = image[y0, x0] * (1 - right) + image[y0, x1] * right
    under = image[y1, x0] * (1 - right) + image[y1, x1] * right
    return above * (1 - down) + under * down


def mask_points(coefficients, prototypes, box, size, within, side=128):
    """A box's mask at `side`² points of the input: prototypes mixed, drawn large, cut at zero and at the box."""
    points = (np.arange(side) + 0.5) * size / side
    x, y = np.meshgrid(points, points)
    mixed = np.tensordot(coefficients, prototypes, 1)
    step = size / mixed.shape[0]
    inside = bilinear(mixed, x / step - 0.5, y / step - 0.5) > 0
    x0, y0 = np.maximum(box[:2], within[:2])
    x1, y1 = np.minimum(box[2:], within[2:])
    return inside & (x > x0) & (x < x1) & (y > y0) & (y < y1)


def runs(mask):
    """A mask as lengths of runs, row by row, the first of them outside."""
    flat = np.concatenate([[False], mask.ravel(), [not mask.ravel()[-1]]])
    ends = np.flatnonzero(flat[1:] != flat[:-1])
    return " ".join(str(n) for n in np.diff(np.concatenate([[0], ends])))
