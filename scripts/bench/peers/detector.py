"""The detector that all Python rows share: letterbox, ONNX Runtime, decoding, non-maximum suppression."""

import cv2
import numpy as np
import onnxruntime

cv2.setNumThreads(1)


class Detector:
    """One session over the very ONNX file that Weir runs, prepared and read as the file's specification says."""

    def __init__(self, spec):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(spec["file"], options, providers=["CPUExecutionProvider"])
        self.spec = spec
        self.input = spec["input"]
        self.read = {"yolo": self._read_yolo, "yolox": self._read_yolox}[spec["adapter"]]
        if spec["adapter"] == "yolo" and spec["options"]["layout"] != "v8":
            raise SystemExit(f"The peers do not read the layout {spec['options']['layout']}")

    def __call__(self, picture):
        """Detections of one BGR picture: [x, y, width, height, score, class]."""
        tensor, scale, left, top = self._prepare(picture)
        outputs = self.session.run(self.spec["outputs"], {self.input["name"]: tensor})
        boxes, scores, classes = self.read(outputs[0][0])
        height, width = picture.shape[:2]
        return self._choose(boxes, scores, classes, scale, left, top, width, height)

    def _prepare(self, picture):
        height, width = picture.shape[:2]
        into_width, into_height = self.input["width"], self.input["height"]
        scale = min(into_width / width, into_height / height)
        fit_width, fit_height = round(width * scale), round(height * scale)
        left = top = 0
        if self.input["fit"] == "letterbox":
            left = round((into_width - fit_width) / 2 - 0.1)
            top = round((into_height - fit_height) / 2 - 0.1)
        small = cv2.resize(picture, (fit_width, fit_height), interpolation=cv2.INTER_LINEAR)
        pad = self.input["pad"]
        framed = cv2.copyMakeBorder(
            small,
            top,
            into_height - fit_height - top,
            left,
            into_width - fit_width - left,
            cv2.BORDER_CONSTANT,
            value=(pad, pad, pad),
        )
        # Both networks here take channels as 0–1 or 0–255, without mean and deviation.
        tensor = cv2.dnn.blobFromImage(framed, self.input["scale"], swapRB=self.input["colour"] == "rgb")
        return tensor, scale, left, top

    def _read_yolo(self, output):
        scores = output[4:].max(axis=0)
        keep = np.flatnonzero(scores >= self.spec["minScore"])
        chosen = output[:, keep]
        centre, size = chosen[:2].T, chosen[2:4].T
        return np.hstack([centre - size / 2, size]), scores[keep], chosen[4:].argmax(axis=0)

    def _read_yolox(self, output):
        if not hasattr(self, "cells"):
            grids = []
            for stride in (8, 16, 32):
                across, down = self.input["width"] // stride, self.input["height"] // stride
                x, y = np.meshgrid(np.arange(across), np.arange(down))
                grids.append(np.stack([x.ravel(), y.ravel(), np.full(across * down, stride)], axis=1))
            self.cells = np.concatenate(grids).astype(np.float32)
        classes = output[:, 5:].argmax(axis=1)
        scores = output[:, 4] * output[np.arange(len(output)), 5 + classes]
        keep = np.flatnonzero(scores >= self.spec["minScore"])
        centre, size = output[keep, :2], output[keep, 2:4]
        if not self.spec["options"]["decoded"]:
            stride = self.cells[keep, 2:]
            centre, size = (centre + self.cells[keep, :2]) * stride, np.exp(size) * stride
        return np.hstack([centre - size / 2, size]), scores[keep], classes[keep]

    def _choose(self, boxes, scores, classes, scale, left, top, width, height):
        if len(boxes) == 0:
            return []
        kept = cv2.dnn.NMSBoxesBatched(
            boxes.tolist(), scores.tolist(), classes.tolist(), self.spec["minScore"], self.spec["iou"]
        )
        kept = np.asarray(kept).ravel()[: self.spec["maxDetections"]]
        found = []
        for index in kept:
            x, y, w, h = boxes[index]
            x0, y0 = (x - left) / scale, (y - top) / scale
            x1, y1 = (x + w - left) / scale, (y + h - top) / scale
            x0, x1 = (min(max(value, 0), width) for value in (x0, x1))
            y0, y1 = (min(max(value, 0), height) for value in (y0, y1))
            found.append([float(x0), float(y0), float(x1 - x0), float(y1 - y0), float(scores[index]), int(classes[index])])
        return found
