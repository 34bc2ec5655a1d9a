"""Tracks the boxes on standard input with supervision's ByteTrack; answers what each frame took, as JSON."""

import json
import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")
import supervision  # noqa: E402

asked = json.load(sys.stdin)
tracker = supervision.ByteTrack(
    track_activation_threshold=asked["high"],
    lost_track_buffer=30,
    minimum_matching_threshold=0.9,
    frame_rate=asked["fps"],
)
frame_ms, tracked, identities = [], 0, set()
for rows in asked["frames"]:
    boxes = np.array(rows, dtype=np.float64).reshape(-1, 5)
    corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]])
    detections = supervision.Detections(
        xyxy=corners, confidence=boxes[:, 4], class_id=np.zeros(len(boxes), dtype=int)
    )
    began = time.perf_counter()
    found = tracker.update_with_detections(detections)
    frame_ms.append((time.perf_counter() - began) * 1000)
    tracked += len(found)
    identities.update(found.tracker_id.tolist())
json.dump({"frameMs": frame_ms, "tracked": tracked, "identities": len(identities)}, sys.stdout)
