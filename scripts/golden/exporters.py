"""Writes tests/golden/exporters.json: what the makers' own programs make of their own networks' outputs.

Networks of true architecture with weights of chance are exported as people export them, run over a picture of noise, and
read by those who made them: Ultralytics' predictors, torchvision's detectors, and InsightFace's SCRFD. Kept are the words
and shapes of each file, its outputs (rounded to half precision before they are read), and what was read in them.

Needs ultralytics, torch, torchvision, onnx, onnxruntime, opencv-python and insightface.

Run: python scripts/golden/exporters.py && deno fmt tests/golden
"""

import base64
import json
import os
import tempfile
import types
from pathlib import Path

os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ.setdefault("YOLO_CONFIG_DIR", tempfile.gettempdir())

import numpy as np
import onnx
import torch
import torchvision
from insightface.model_zoo.scrfd import SCRFD
from ultralytics import RTDETR, YOLO

SIZE = 64
SOURCE = (100, 50)
# Boxes that are chosen inside; of more than there are cells, exporters choose none.
MOST = 30
NAMES = {0: "cat", 1: "dog", 2: "bird"}


def runs(mask):
    """A mask as lengths of runs, row by row, the first of them outside."""
    flat = np.concatenate([[False], mask.ravel(), [not mask.ravel()[-1]]])
    return " ".join(str(n) for n in np.diff(np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1])])))


def numbers(values):
    return [float(f"{float(v):.7g}") for v in values]


def halved(array):
    return np.asarray(array, np.float32).astype(np.float16).astype(np.float32)


def kept(name, array):
    """An output; whole numbers as they are, others in half precision."""
    array = np.asarray(array)
    whole = array.dtype == np.int64
    data = array.astype("<i8" if whole else "<f2").tobytes()
    return {
        "name": name,
        "type": "int64" if whole else "float32",
        "dims": list(array.shape),
        "data": base64.b64encode(data).decode(),
    }


def ports(values):
    """Inputs or outputs as the file states them."""
    sides = lambda value: [d.dim_param or d.dim_value or "?" for d in value.type.tensor_type.shape.dim]
    element = {onnx.TensorProto.FLOAT: "float32", onnx.TensorProto.INT64: "int64"}
    return [{"name": v.name, "type": element[v.type.tensor_type.elem_type], "dims": sides(v)} for v in values]


def file_of(path):
    model = onnx.load(path)
    metadata = {p.key: p.value for p in model.metadata_props if p.key not in ("date", "docs", "license")}
    last = {o: n.op_type for n in model.graph.node for o in n.output}
    return {
        "inputs": ports(model.graph.input),
        "outputs": ports(model.graph.output),
        "metadata": metadata,
        "last": last[model.graph.output[0].name],
    }


def detection(corners, class_id, score, **more):
    x0, y0, x1, y1 = corners
    return {"box": numbers([x0, y0, x1 - x0, y1 - y0]), "classId": int(class_id), "score": numbers([score])[0], **more}


def within(corners, source):
    """Weir cuts boxes at the picture's edge; some leave them as they are."""
    return [*np.clip(corners[:2], 0, source), *np.clip(corners[2:], 0, source)]


def has_area(corners):
    """What lies beyond the picture is cut to nothing; Weir does not tell of it."""
    return corners[2] > corners[0] and corners[3] > corners[1]


def noise(width, height):
    """Large patches of any colours."""
    small = np.random.default_rng(7).integers(0, 256, (height // 10, width // 10, 3), np.uint8)
    return small.repeat(10, 0).repeat(10, 1)


def settle(module, run):
    """Lets normalisation learn what it normalises: with fresh weights, every layer would say nearly nothing."""
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    module.train()
    with torch.no_grad():
        run(torch.from_numpy(np.random.default_rng(9).random((4, 3, 320, 320), np.float32)))
    module.eval()


def lively(head):
    """Scores of every height and boxes of every size."""
    with torch.no_grad():
        for names, spread, bias in [(("cv3", "one2one_cv3"), 0.3, -2), (("cv2", "one2one_cv2"), 0.4, 1)]:
            for branch in (branch for name in names for branch in getattr(head, name, None) or []):
                branch[-1].weight.copy_(torch.randn_like(branch[-1].weight) * spread)
                branch[-1].bias.fill_(bias)
        for layer in getattr(head, "dec_score_head", None) or []:
            layer.weight.copy_(torch.randn_like(layer.weight) * 0.1)
            layer.bias.fill_(-2)


def ultralytics_case(what, name, folder, adapter="yolo", size=SIZE, **export):
    torch.manual_seed(3)
    maker = RTDETR if adapter == "detr" else YOLO
    model = maker(f"{name}.yaml")
    # The same architecture for three classes, or for people and their skeletons.
    net = type(model.model)(f"{name}.yaml", nc=1 if "pose" in name else 3, verbose=False)
    net.names = {0: "person"} if "pose" in name else NAMES
    net.task, net.args = model.model.task, model.model.args
    settle(net, net)
    lively(net.model[-1])
    model.model = net
    os.chdir(folder)
    path = model.export(format="onnx", imgsz=size, simplify=False, opset=17, **export)
    reader = RTDETR(path) if adapter == "detr" else YOLO(path, task=model.task)
    seen = {}

    def hook(predictor):
        original = predictor.postprocess

        def postprocess(self, preds, img, orig_imgs, **kwargs):
            whole = preds if isinstance(preds, (list, tuple)) else [preds]
            whole = [torch.from_numpy(halved(p)) for p in whole]
            seen["tensors"] = whole
            return original([t.clone() for t in whole] if len(whole) > 1 else whole[0].clone(), img, orig_imgs, **kwargs)

        predictor.postprocess = types.MethodType(postprocess, predictor)

    reader.add_callback("on_predict_start", hook)
    [result] = reader.predict(noise(*SOURCE)[:, :, ::-1], imgsz=size, verbose=False)
    case = {"what": what, "adapter": adapter, "source": SOURCE, **file_of(path)}
    case["tensors"] = [kept(o["name"], t) for o, t in zip(case["outputs"], seen["tensors"])]
    if result.probs is not None:
        case["adapter"] = "classify"
        best = result.probs.data.numpy()
        order = np.argsort(-best, kind="stable")
        case["classes"] = [{"classId": int(i), "score": numbers([best[i]])[0]} for i in order]
        return case
    case["detections"] = []
    for i, row in enumerate(result.boxes):
        corners = within(row.xyxy[0].tolist(), SOURCE)
        if not has_area(corners):
            continue
        more = {}
        if result.keypoints is not None:
            more["keypoints"] = [numbers(p) for p in result.keypoints.data[i].tolist()]
        if result.masks is not None:
            more["mask"] = runs(result.masks.data[i].numpy() > 0.5)
        case["detections"].append(detection(corners, row.cls.item(), row.conf.item(), **more))
    print(f"{what:48} {len(case['detections'])} detections")
    return case


def torchvision_case(what, build, folder, size):
    """Chooses its boxes inside; tells corners in pixels of its input, and COCO's own numbers."""
    torch.manual_seed(5)
    model = build(weights=None, weights_backbone=None, num_classes=91, detections_per_img=60)
    settle(model, lambda pictures: model.head(list(model.backbone(pictures).values())))
    with torch.no_grad():
        for branch in model.head.classification_head.module_list:
            branch[-1].weight.copy_(torch.randn_like(branch[-1].weight) * 0.09)
    picture = torch.from_numpy(noise(size, size).copy()).permute(2, 0, 1)[None].float() / 255
    path = f"{folder}/{build.__name__}.onnx"
    names = ["boxes", "scores", "labels"]
    torch.onnx.export(model, (picture,), path, input_names=["images"], output_names=names, opset_version=17, dynamo=False)
    with torch.no_grad():
        [answer] = model(picture)
    boxes, scores = halved(answer["boxes"]), halved(answer["scores"])
    labels = answer["labels"].numpy()
    case = {"what": what, "adapter": "ssd", "source": [size, size], **file_of(path)}
    case["tensors"] = [kept("boxes", boxes), kept("scores", scores), kept("labels", labels)]
    strong = np.flatnonzero(scores >= np.float32(0.3))
    order = strong[np.argsort(-scores[strong], kind="stable")]
    case["detections"] = [detection(boxes[i], labels[i], scores[i]) for i in order]
    print(f"{what:48} {len(case['detections'])} detections")
    return case


def scrfd_case(what, landmarks, batched):
    """InsightFace's own reader over numbers of chance, in the shapes in which its networks answer."""
    random = np.random.default_rng(11)
    names, tensors = [], []
    for kind, width in [("score", 1), ("bbox", 4), ("kps", 10)][: 3 if landmarks else 2]:
        for stride in (8, 16, 32):
            rows = 2 * (SIZE // stride) ** 2
            values = random.random((rows, width)) ** 3 if kind == "score" else random.random((rows, width)) * 3 + 0.1
            names.append(f"{kind}_{stride}")
            tensors.append(halved(values)[None] if batched else halved(values))

    class Session:
        """A network that answers the same to everything."""

        def get_inputs(self):
            return [types.SimpleNamespace(name="input.1", shape=[1, 3, SIZE, SIZE])]

        def get_outputs(self):
            return [types.SimpleNamespace(name=n, shape=list(t.shape)) for n, t in zip(names, tensors)]

        def get_providers(self):
            return ["CPUExecutionProvider"]

        def set_providers(self, *_):
            pass

        def run(self, *_):
            return tensors

    # Its NMS counts the pixels of an edge, the last one too: in a large picture that is next to nothing.
    source = [10 * side for side in SOURCE]
    reader = SCRFD(session=Session())
    reader.prepare(-1, input_size=(SIZE, SIZE), det_thresh=0.5, nms_thresh=0.4)
    boxes, marks = reader.detect(np.zeros((source[1], source[0], 3), np.uint8))
    case = {
        "what": what,
        "adapter": "scrfd",
        "source": source,
        "inputs": [{"name": "input.1", "type": "float32", "dims": [1, 3, SIZE, SIZE]}],
        "outputs": [{"name": n, "type": "float32", "dims": list(t.shape)} for n, t in zip(names, tensors)],
        "metadata": {},
        "tensors": [kept(n, t) for n, t in zip(names, tensors)],
        "detections": [],
    }
    for i, (x0, y0, x1, y1, score) in enumerate(boxes):
        corners = within([x0, y0, x1, y1], source)
        if not has_area(corners):
            continue
        more = {"keypoints": [numbers(p) for p in marks[i]]} if landmarks else {}
        case["detections"].append(detection(corners, 0, score, **more))
    print(f"{what:48} {len(case['detections'])} detections")
    return case


def cases(folder):
    yield ultralytics_case("YOLOv8 for boxes", "yolov8n", folder)
    yield ultralytics_case("YOLOv8 for poses", "yolov8n-pose", folder)
    yield ultralytics_case("YOLO11 for masks", "yolo11n-seg", folder)
    yield ultralytics_case("YOLO11 for poses, with NMS inside", "yolo11n-pose", folder, nms=True, max_det=MOST)
    yield ultralytics_case("YOLOv10, which chooses its boxes", "yolov10n", folder, nms=False, max_det=MOST)
    yield ultralytics_case("YOLO26 for poses, which chooses its boxes", "yolo26n-pose", folder, nms=False, max_det=MOST)
    yield ultralytics_case("YOLO26 for masks, which chooses its boxes", "yolo26n-seg", folder, nms=False, max_det=MOST)
    yield ultralytics_case("YOLO11 for classes", "yolo11n-cls", folder)
    # It asks for 300 places, so there must be as many cells.
    yield ultralytics_case("RT-DETR", "yolov8n-rtdetr", folder, "detr", 160)
    detectors = torchvision.models.detection
    yield torchvision_case("torchvision's SSDlite", detectors.ssdlite320_mobilenet_v3_large, folder, 320)
    yield scrfd_case("SCRFD with landmarks", True, False)
    yield scrfd_case("SCRFD with a batch", False, True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        lines = ",\n".join(json.dumps(case) for case in cases(folder))
    path = Path(__file__).resolve().parents[2] / "tests" / "golden" / "exporters.json"
    made = f"Ultralytics {__import__('ultralytics').__version__}, torchvision {torchvision.__version__}, InsightFace"
    path.write_text('{"made": "%s", "size": %d, "cases": [\n%s\n]}\n' % (made, SIZE, lines))


main()
