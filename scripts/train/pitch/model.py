"""The network of weir-pitch: a small residual trunk, a top-down neck, and two heads.

People are found on a grid of stride 8, the ball on a grid of stride 4: it is four to ten pixels wide in the input.
Channel counts are multiples of 16, which is what ONNX Runtime's blocked kernels are fast at.
"""

import math

import torch
from torch import nn
from torch.nn import functional

NAMES = ["player", "goalkeeper", "referee", "ball"]
BALL = NAMES.index("ball")
HEIGHT, WIDTH = 384, 640
PEOPLE_STRIDE, BALL_STRIDE = 8, 4


class Unit(nn.Sequential):
    """Convolution, batch normalisation, ReLU: ONNX Runtime folds them into one kernel."""

    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs, momentum=0.05),
            nn.ReLU(inplace=True),
        )


class Separable(nn.Sequential):
    """A depthwise convolution that looks around and a pointwise one that mixes.

    Nothing stands between the two: on a CPU, training is bound by memory and not by arithmetic.
    """

    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__(
            nn.Conv2d(inputs, inputs, kernel, stride, kernel // 2, groups=inputs, bias=False),
            Unit(inputs, outputs, 1),
        )


class Residual(nn.Module):
    """Two separable convolutions beside a shortcut."""

    def __init__(self, channels, kernel=3):
        super().__init__()
        self.body = nn.Sequential(Separable(channels, channels, kernel), Separable(channels, channels, kernel))

    def forward(self, x):
        return x + self.body(x)


class Head(nn.Module):
    """Raw boxes (dx, dy, log width, log height, in cells) and logits of one grid."""

    def __init__(self, channels, classes, prior):
        super().__init__()
        self.shared = Separable(channels, channels)
        self.box = nn.Sequential(Separable(channels, channels), nn.Conv2d(channels, 4, 1))
        self.score = nn.Sequential(Separable(channels, channels), nn.Conv2d(channels, classes, 1))
        nn.init.constant_(self.score[-1].bias, math.log(prior / (1 - prior)))

    def forward(self, x):
        x = self.shared(x)
        return self.box(x), self.score(x)


class Pitch(nn.Module):
    """Answers ((boxes, logits) of the people's grid, (boxes, logits) of the ball's grid)."""

    def __init__(self, a=16, b=32, c=64, d=128):
        super().__init__()
        self.stem = nn.Sequential(Unit(3, a, 3, 2), Unit(a, b, 3, 2), Residual(b))
        self.middle = nn.Sequential(Unit(b, c, 3, 2), Residual(c), Residual(c))
        self.coarse = nn.Sequential(Unit(c, d, 3, 2), Residual(d), Residual(d))
        self.context = nn.Sequential(Separable(d, d, 5, 2), Residual(d, 5), Residual(d, 5))
        self.to_coarse = nn.Sequential(Separable(d, d), Unit(d, c, 1))
        self.from_middle = Unit(c, c, 1)
        self.to_middle = Residual(c)
        self.narrow = Unit(c, b, 1)
        self.people = Head(c, 3, 0.01)
        self.ball = Head(b, 1, 0.001)
        self.grow = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, x):
        fine = self.stem(x)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        coarse = self.to_coarse(coarse + self.grow(self.context(coarse)))
        middle = self.to_middle(self.from_middle(middle) + self.grow(coarse))
        fine = fine + self.grow(self.narrow(middle))
        return self.people(middle), self.ball(fine)


def grid(height, width, stride):
    """Centres of the cells of one grid, [cells, 2] as x, y in input pixels."""
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (torch.stack((xs, ys), -1).reshape(-1, 2).float() + 0.5) * stride


def decode(raw, points, stride):
    """Raw boxes [n,4,h,w] to centres and sizes in input pixels, each [n,2,cells]."""
    raw = raw.flatten(2)
    return raw[:, :2] * stride + points.T, raw[:, 2:].clamp(max=5).exp() * stride


class Exported(nn.Module):
    """The network with the output everybody's YOLO code reads: [n, 4 + classes, cells], boxes as cx, cy, w, h."""

    def __init__(self, network, height=HEIGHT, width=WIDTH):
        super().__init__()
        self.network = network
        for name, stride in (("people_points", PEOPLE_STRIDE), ("ball_points", BALL_STRIDE)):
            self.register_buffer(name, grid(height // stride, width // stride, stride), persistent=False)
        self.cells = len(self.people_points) + len(self.ball_points)

    def forward(self, images):
        (people_boxes, people_scores), (ball_boxes, ball_scores) = self.network(images)
        people = torch.cat(
            (*decode(people_boxes, self.people_points, PEOPLE_STRIDE), people_scores.flatten(2).sigmoid()), 1
        )
        ball = decode(ball_boxes, self.ball_points, BALL_STRIDE)
        score = functional.pad(ball_scores.flatten(2).sigmoid(), (0, 0, BALL, 0))
        return torch.cat((functional.pad(people, (0, 0, 0, 1)), torch.cat((*ball, score), 1)), 2)
