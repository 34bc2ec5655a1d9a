"""Writes trained weights as the ONNX file that ships, checks it against PyTorch, and notes it in the manifest.

    python export.py --weights RUN/last.pt --out ../../../models/builtin/weir-pitch.onnx
"""

import argparse
import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from model import HEIGHT, NAMES, WIDTH, Exported, Pitch

METADATA = {
    "description": "Weir pitch detector: players, goalkeepers, referees and the ball on rendered football pitches",
    "author": "Weir",
    "version": "1.0.0",
    "license": "MIT",
    "task": "detect",
    "stride": "32",
    "batch": "1",
    "imgsz": str([HEIGHT, WIDTH]),
    "names": str(dict(enumerate(NAMES))),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    network = Pitch()
    network.load_state_dict(torch.load(options.weights))
    exported = Exported(network.eval()).eval()
    warnings.simplefilter("ignore")
    torch.onnx.export(
        exported,
        torch.zeros(1, 3, HEIGHT, WIDTH),
        options.out,
        input_names=["images"],
        output_names=["output0"],
        dynamic_axes={"images": {0: "batch"}, "output0": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    graph = onnx.load(options.out)
    onnx.helper.set_model_props(graph, METADATA)
    for axis, size in enumerate(("batch", 4 + len(NAMES), exported.cells)):
        dimension = graph.graph.output[0].type.tensor_type.shape.dim[axis]
        dimension.Clear()
        setattr(dimension, "dim_param" if axis == 0 else "dim_value", size)
    graph.producer_name, graph.producer_version = "weir", METADATA["version"]
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, options.out)

    session = onnxruntime.InferenceSession(options.out)
    pictures = np.random.default_rng(0).random((3, 3, HEIGHT, WIDTH), np.float32)
    with torch.no_grad():
        expected = exported(torch.from_numpy(pictures)).numpy()
    (answer,) = session.run(["output0"], {"images": pictures})
    if not np.allclose(answer, expected, atol=1e-3, rtol=1e-3):
        raise SystemExit(f"ONNX Runtime and PyTorch differ by {np.abs(answer - expected).max()}")

    file = Path(options.out)
    data = file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    manifest = file.parent / "manifest.json"
    entries = json.loads(manifest.read_text()) if manifest.exists() else {}
    entries[file.stem] = {
        "file": file.name,
        "sha256": digest,
        "licence": "MIT",
        "task": "detect",
        "card": f"../cards/{file.stem}.md",
    }
    manifest.write_text(json.dumps(entries, indent=2) + "\n")
    print(f"{file}: {len(data)} bytes, output {answer.shape}, sha256 {digest}")


if __name__ == "__main__":
    main()
