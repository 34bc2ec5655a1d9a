"""A training run as scripts/train/pulse/tracking.py sees it, without the training: argv are that folder, a folder to
work in, and `fail` for a run that breaks off."""

import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from tracking import Tracking

out = Path(sys.argv[2])
(out / "last.pt").write_bytes(bytes(range(256)))
with Tracking("weir-pulse", out) as tracking:
    tracking.parameters({"seed": 7, "rate": 0.003})
    tracking.metrics(100, {"loss": 2.5, "mae_0.006": 3.25})
    if sys.argv[3:] == ["fail"]:
        raise SystemExit("out of memory")
    tracking.metrics(200, {"loss": 1.5})
    tracking.artifact(out / "last.pt")
