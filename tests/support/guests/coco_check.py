"""Reads a COCO dataset as everybody does and tells what is in it as a line of JSON."""

import contextlib
import io
import json
import os
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

root = sys.argv[1]
with contextlib.redirect_stdout(io.StringIO()):
    coco = COCO(os.path.join(root, "annotations", "instances_train.json"))
    results = [
        {key: annotation[key] for key in ("image_id", "category_id", "bbox", "score")}
        for annotation in coco.dataset["annotations"]
    ]
    evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()

images = coco.loadImgs(coco.getImgIds())
annotations = coco.loadAnns(coco.getAnnIds())
print(json.dumps({
    "images": len(images),
    "files": all(os.path.exists(os.path.join(root, "images", image["file_name"])) for image in images),
    "annotations": len(annotations),
    "categories": [category["name"] for category in coco.loadCats(coco.getCatIds())],
    # The mask of an outline covers what its area says, but for the pixels on its edge.
    "areas": all(
        abs(int(coco.annToMask(annotation).sum()) - annotation["area"]) <= 2 * sum(annotation["bbox"][2:]) + 4
        for annotation in annotations
    ),
    "average_precision": evaluation.stats[0],
}), flush=True)
