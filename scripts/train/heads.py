"""Trains heads on a folder of embeddings and writes them as one ONNX file with a card.

    python heads.py --data FOLDER --out my-heads.onnx

Nobody who is judged on was trained on. The figures stand beside what a constant answer gets, which on uneven levels is
much; what does not beat it has learned nothing.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from heads_data import read_folder, split_by_subject
from heads_metrics import figures
from heads_mlp import train

LEVEL_NAMES = ("very low", "low", "high", "very high")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="folder of .npz or .csv files")
    parser.add_argument("--out", required=True, help="the ONNX file to write; the card goes beside it, or to --card")
    parser.add_argument("--card", help="where the card goes")
    parser.add_argument("--manifest", help="a manifest.json that is to name the model")
    parser.add_argument("--names", help="names of the levels, from the lowest, separated by commas")
    parser.add_argument("--notice", help="what must be said wherever its answers are shown")
    parser.add_argument("--licence", default="unknown")
    parser.add_argument("--hidden", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--patience", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    embeddings, subjects, heads = read_folder(options.data)
    parts = split_by_subject(subjects, options.seed)
    trained, checked, judged = parts
    mean, std = embeddings[trained].mean(0), np.maximum(embeddings[trained].std(0), 1e-6)
    x = ((embeddings - mean) / std).astype(np.float64)
    counts = {name: int(levels.max()) + 1 for name, levels in heads.items()}
    nets, report = {}, {}
    for n, (name, levels) in enumerate(heads.items()):
        rng = np.random.default_rng([options.seed, n])
        net = train(
            x[trained], levels[trained], x[checked], levels[checked],
            levels=counts[name], hidden=options.hidden, epochs=options.epochs, rate=options.rate,
            patience=options.patience, rng=rng,
        )
        nets[name] = net
        constant = int(np.bincount(levels[trained]).argmax())
        said = net.probabilities(x[judged]).argmax(1)
        report[name] = {
            **figures(levels[judged], said, counts[name]),
            "constant": figures(levels[judged], np.full(len(judged), constant), counts[name]),
            "constantLevel": constant,
        }
        print(f"{name}: " + ", ".join(f"{key} {report[name][key]:.3f}" for key in ("accuracy", "macroF1", "kappa")))
    names = level_names(options.names, counts)
    file = Path(options.out)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_onnx(file, nets, {"mean": mean, "std": std, "names": names, "options": options})
    compare(file, nets, embeddings[judged], x[judged])
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    card = Path(options.card) if options.card else file.with_suffix(".md")
    sizes = [(len(part), len(np.unique(subjects[part]))) for part in parts]
    card.write_text(card_text(file, digest, report, {"sizes": sizes, "names": names, "options": options,
                                                    "size": embeddings.shape[1]}))
    if options.manifest:
        note(Path(options.manifest), file, digest, card, options.licence)
    print(f"{file}: {file.stat().st_size} bytes, sha256 {digest}")


def level_names(asked, counts):
    """Names of the levels; heads that have differing numbers of them can only be told by number."""
    most = max(counts.values())
    if len(set(counts.values())) == 1:
        names = tuple(asked.split(",")) if asked else LEVEL_NAMES
        if len(names) == most:
            return names
        if asked:
            raise SystemExit(f"Cannot name {most} levels by {len(names)} names")
    return tuple(f"level {n}" for n in range(most))


def write_onnx(file, nets, about):
    """One graph: the vector is standardised once, each head is an output with its probabilities."""
    size = len(about["mean"])
    weights = [number("mean", about["mean"]), number("std", about["std"])]
    nodes = [helper.make_node("Sub", ["embedding", "mean"], ["centred"]),
             helper.make_node("Div", ["centred", "std"], ["standard"])]
    outputs = []
    for name, net in nets.items():
        parts = [f"{name}.{part}" for part in ("first", "bias", "second", "offset")]
        weights += [number(part, value) for part, value in zip(parts, net.weights)]
        nodes += [
            helper.make_node("Gemm", ["standard", parts[0], parts[1]], [f"{name}.inner"]),
            helper.make_node("Relu", [f"{name}.inner"], [f"{name}.active"]),
            helper.make_node("Gemm", [f"{name}.active", parts[2], parts[3]], [f"{name}.logits"]),
            helper.make_node("Softmax", [f"{name}.logits"], [name], axis=1),
        ]
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", net.weights[3].size]))
    vector = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", size])
    graph = helper.make_graph(nodes, "heads", [vector], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="weir")
    options = about["options"]
    metadata = {"task": "head", "license": options.licence}
    if len({net.weights[3].size for net in nets.values()}) == 1:
        metadata["names"] = json.dumps(about["names"])
    if options.notice:
        metadata["notice"] = options.notice
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    onnx.save(model, file)


def number(name, value):
    return numpy_helper.from_array(np.asarray(value, np.float32), name)


def compare(file, nets, embeddings, x):
    session = onnxruntime.InferenceSession(file)
    answers = session.run(list(nets), {"embedding": embeddings})
    for (name, net), answer in zip(nets.items(), answers):
        if not np.allclose(answer, net.probabilities(x), atol=1e-4):
            raise SystemExit(f"ONNX Runtime and numpy differ on {name}")


def note(manifest, file, digest, card, licence):
    entries = json.loads(manifest.read_text()) if manifest.exists() else {}
    entries[file.stem] = {
        "file": file.name,
        "sha256": digest,
        "licence": licence,
        "task": "head",
        "card": f"../cards/{card.name}",
    }
    manifest.write_text(json.dumps(entries, indent=2) + "\n")


def card_text(file, digest, report, about):
    options = about["options"]
    (trained, trained_people), (checked, checked_people), (judged, judged_people) = about["sizes"]
    rows = "\n".join(
        f"| {name} | {row['macroF1']:.3f} | {row['kappa']:.3f} | {row['accuracy']:.3f} | "
        f"{row['constant']['macroF1']:.3f} | {row['constant']['kappa']:.3f} | {row['constant']['accuracy']:.3f} "
        f"({about['names'][row['constantLevel']]}) |"
        for name, row in report.items()
    )
    notice = f"**{options.notice}**\n\n" if options.notice else ""
    return f"""# {file.stem}

{notice}Heads on feature vectors of {about['size']} numbers: {', '.join(report)}, each with the levels
{', '.join(about['names'])}.

| | |
|---|---|
| File | `{file.name}`, {file.stat().st_size:,} bytes |
| SHA-256 | `{digest}` |
| Licence | {options.licence} |
| Input | `embedding`, float32 [batch, {about['size']}] |
| Outputs | {', '.join(f'`{name}`' for name in report)}: probabilities of the levels |

## Data

| part | vectors | subjects |
|---|---|---|
| train | {trained:,} | {trained_people} |
| stop by | {checked:,} | {checked_people} |
| judge by | {judged:,} | {judged_people} |

No subject is in two parts.

## Figures

On the subjects that nothing was trained on or chosen by. The constant answer is the level that is commonest in training.

| head | macro-F1 | quadratic kappa | accuracy | constant: macro-F1 | kappa | accuracy |
|---|---|---|---|---|---|---|
{rows}

Accuracy alone says little where one level is common: a head that does not beat the constant answer's macro-F1 and kappa
has learned nothing.

## Making it again

`scripts/train/heads.md` has the commands; seed {options.seed}, {options.hidden} hidden units a head.
"""


if __name__ == "__main__":
    main()
