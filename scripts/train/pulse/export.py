"""Writes trained weights as the ONNX file that ships, checks it against PyTorch, and notes it in the manifest.

    python export.py --weights RUN/last.pt --out ../../../models/builtin/weir-pulse.onnx
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

import generate
from model import BINS, FRAMES, HIGHEST, LOWEST, Exported, PulseNetwork

METADATA = {
    "description": "Weir pulse network: a heart rate from thirty seconds of mean skin colour; not a medical device",
    "author": "Weir",
    "version": "1.0.0",
    "license": "MIT",
    "rates": f"{LOWEST} to {HIGHEST} BPM in {BINS} steps",
}
OUTPUTS = {"rate": ["batch"], "quality": ["batch"], "chances": ["batch", BINS]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    network = PulseNetwork()
    network.load_state_dict(torch.load(options.weights), strict=False)
    exported = Exported(network.eval()).eval()
    traces, _ = generate.batch(np.random.default_rng(0), 5)
    warnings.simplefilter("ignore")
    torch.onnx.export(
        exported,
        torch.from_numpy(traces[:2]),
        options.out,
        input_names=["colours"],
        output_names=list(OUTPUTS),
        dynamic_axes={"colours": {0: "batch"}, **{name: {0: "batch"} for name in OUTPUTS}},
        opset_version=17,
        dynamo=False,
    )
    graph = onnx.load(options.out)
    onnx.helper.set_model_props(graph, METADATA)
    graph.producer_name, graph.producer_version = "weir", METADATA["version"]
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, options.out)

    session = onnxruntime.InferenceSession(options.out)
    for size in (1, 5):
        with torch.no_grad():
            expected = [part.numpy() for part in exported(torch.from_numpy(traces[:size]))]
        answers = session.run(list(OUTPUTS), {"colours": traces[:size]})
        for name, answer, other in zip(OUTPUTS, answers, expected):
            if answer.shape != other.shape or not np.allclose(answer, other, atol=2e-3, rtol=1e-3):
                raise SystemExit(f"ONNX Runtime and PyTorch differ in {name}: {answer} and {other}")

    # The product runs the network in plain loops, too, beside its other methods: all it needs are the numbers, in order.
    file = Path(options.out)
    weights = np.concatenate([part.detach().numpy().ravel() for _, part in network.named_parameters()])
    file.with_suffix(".f32").write_bytes(weights.astype("<f4").tobytes())

    data = file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    manifest = file.parent / "manifest.json"
    entries = json.loads(manifest.read_text()) if manifest.exists() else {}
    entries[file.stem] = {
        "file": file.name,
        "sha256": digest,
        "licence": "MIT",
        "task": "signal",
        "use": "reads heart rates in colours over time: the analyzer pulse and signals at /predict ask it",
        "card": "../cards/pulse.md",
    }
    manifest.write_text(json.dumps(entries, indent=2) + "\n")
    print(f"{file}: {len(data)} bytes for windows of {FRAMES} frames, sha256 {digest}")


if __name__ == "__main__":
    main()
