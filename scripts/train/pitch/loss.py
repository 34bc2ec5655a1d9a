"""Which cell answers for which object, and how wrong its answer is."""

import torch
from torch.nn import functional

from model import BALL, BALL_STRIDE, PEOPLE_STRIDE, decode, grid


def overlap(a, b, complete=False):
    """IoU of boxes given by corners (broadcast); with `complete`, less the CIoU penalties."""
    top_left = torch.maximum(a[..., :2], b[..., :2])
    bottom_right = torch.minimum(a[..., 2:], b[..., 2:])
    shared = (bottom_right - top_left).clamp(min=0).prod(-1)
    a_size, b_size = a[..., 2:] - a[..., :2], b[..., 2:] - b[..., :2]
    iou = shared / (a_size.prod(-1) + b_size.prod(-1) - shared + 1e-7)
    if not complete:
        return iou
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    apart = ((a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) ** 2).sum(-1) / 4
    slant = torch.atan(b_size[..., 0] / (b_size[..., 1] + 1e-7)) - torch.atan(a_size[..., 0] / (a_size[..., 1] + 1e-7))
    v = 0.4052847 * slant**2
    with torch.no_grad():
        alpha = v / (v - iou + 1 + 1e-7)
    return iou - apart / ((hull**2).sum(-1) + 1e-7) - alpha * v


@torch.no_grad()
def assign(points, stride, boxes, scores, truth, classes, valid, count, sure):
    """Task-aligned assignment. Answers per cell the index of its object, and its target score (0: background)."""
    n, cells, _ = boxes.shape
    centre, half = (truth[..., :2] + truth[..., 2:]) / 2, (truth[..., 2:] - truth[..., :2]) / 2
    reach = half.clamp(min=stride)
    near = ((points - centre[:, :, None]).abs() < reach[:, :, None]).all(-1) & valid[..., None]
    iou = overlap(boxes[:, None], truth[:, :, None])
    score = scores.transpose(1, 2).gather(1, classes[..., None].expand(-1, -1, cells))
    distance = ((points - centre[:, :, None]) / stride).square().sum(-1)
    # The small term lets the nearest cells answer while no prediction overlaps yet.
    fitness = (score * iou**4 + 1e-6 / (1 + distance)) * near
    best = fitness.topk(min(count, cells), -1).indices
    chosen = torch.zeros_like(near).scatter_(-1, best, True) & near
    contested = torch.where(chosen, iou + 1e-6 / (1 + distance), -1.0)
    owner = contested.argmax(1)
    mine = chosen & (owner[:, None] == torch.arange(truth.shape[1])[None, :, None])
    fitness = fitness * mine
    worth = torch.ones_like(fitness[..., :1]) if sure else (iou * mine).amax(-1, keepdim=True)
    target = fitness / (fitness.amax(-1, keepdim=True) + 1e-12) * worth
    return owner, target.amax(1)


def grid_loss(raw_boxes, logits, stride, truth, classes, valid, ignored, count, sure):
    """Losses of one grid: (boxes, scores). `ignored` holds boxes in which nothing is held against a cell."""
    n, kinds, height, width = logits.shape
    points = grid(height, width, stride)
    centre, size = decode(raw_boxes.float(), points, stride)
    boxes = torch.cat((centre - size / 2, centre + size / 2), 1).transpose(1, 2)
    logits = logits.float().flatten(2).transpose(1, 2)
    if truth.shape[1] == 0:
        return boxes.sum() * 0, functional.binary_cross_entropy_with_logits(
            logits, torch.zeros_like(logits), reduction="sum"
        )
    owner, quality = assign(
        points, stride, boxes.detach(), logits.detach().sigmoid(), truth, classes, valid, count, sure
    )
    positive = quality > 0
    target = torch.zeros_like(logits)
    target.scatter_(2, classes.gather(1, owner)[..., None], quality[..., None])
    weight = torch.ones_like(quality)
    if ignored.shape[1]:
        inside = ((points >= ignored[:, :, None, :2]) & (points <= ignored[:, :, None, 2:])).all(-1).any(1)
        weight[inside & ~positive] = 0
    total = quality.sum().clamp(min=1)
    score_loss = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    score_loss = (score_loss * weight[..., None]).sum() / total
    if not positive.any():
        return boxes.sum() * 0, score_loss
    found, share = boxes[positive], quality[positive]
    wanted = truth.gather(1, owner[..., None].expand(-1, -1, 4))[positive]
    far = functional.smooth_l1_loss(found / stride, wanted / stride, beta=0.2, reduction="none").mean(-1)
    box_loss = ((1 - overlap(found, wanted, complete=True) + 0.5 * far) * share).sum() / total
    return box_loss, score_loss


def pitch_loss(answer, objects):
    """The whole loss. `objects` is [n, most, 6]: class (-1: none), corners in input pixels, 1 where to be ignored."""
    (people_boxes, people_logits), (ball_boxes, ball_logits) = answer
    kind, corners, ignore = objects[..., 0].long(), objects[..., 1:5], objects[..., 5] > 0
    is_ball = kind == BALL
    people = (kind >= 0) & ~is_ball
    a = grid_loss(
        people_boxes, people_logits, PEOPLE_STRIDE, corners, kind.clamp(0, 2), people & ~ignore,
        corners * (people & ignore)[..., None] - 2e4 * (~(people & ignore))[..., None], 9, False,
    )
    # The ball is one object at most: the loss of its grid looks at that row alone.
    row = torch.where(is_ball, 1, 0).argmax(1)[:, None]
    there = is_ball.gather(1, row)
    hidden = ignore.gather(1, row) & there
    box = corners.gather(1, row[..., None].expand(-1, -1, 4))
    grown = torch.cat((box[..., :2] - 6, box[..., 2:] + 6), -1)
    b = grid_loss(
        ball_boxes, ball_logits, BALL_STRIDE, box, torch.zeros_like(row), there & ~hidden,
        grown * hidden[..., None] - 2e4 * (~hidden)[..., None], 4, True,
    )
    parts = {"people box": a[0], "people score": a[1], "ball box": b[0], "ball score": b[1]}
    return 2 * a[0] + a[1] + b[0] + 0.5 * b[1], {name: part.item() for name, part in parts.items()}
