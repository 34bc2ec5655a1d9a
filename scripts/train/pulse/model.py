"""The network: fixed spectra of a trace, a CNN that reads them, an LSTM that follows them through the half minute."""

import math

import numpy as np
import torch
from torch import nn

FPS, FRAMES = 30, 900
BINS = 136
LOWEST, HIGHEST = 45.0, 185.0
STRETCH, STRIDE = 300, 150
RATES = torch.linspace(LOWEST, HIGHEST, BINS)


def waves(frames):
    """Hann-windowed cosines and sines of every rate: what a spectrum is made of."""
    window = np.hanning(frames + 2)[1:-1]
    angle = 2 * math.pi * np.outer(RATES.numpy() / 60, np.arange(frames) / FPS)
    scale = window / np.sqrt((window**2).sum())
    return torch.tensor(np.concatenate([np.cos(angle) * scale, np.sin(angle) * scale]), dtype=torch.float32)


def cross(values, table):
    """The cross-spectra of three channels: [N, frames, 3] to [N, 9, BINS], whitened by the whole band's power."""
    both = torch.einsum("nfc,bf->ncb", values, table)
    real, imaginary = both[..., :BINS], both[..., BINS:]
    power = real**2 + imaginary**2
    middle = power.mean(dim=2, keepdim=True) + 1e-12
    logs = torch.log(power / middle + 1e-3)
    root = torch.sqrt(middle)
    real, imaginary = real / root, imaginary / root
    shared = []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        shared.append(real[:, a] * real[:, b] + imaginary[:, a] * imaginary[:, b])
        shared.append(imaginary[:, a] * real[:, b] - real[:, a] * imaginary[:, b])
    shared = torch.stack(shared, dim=1)
    return torch.cat([logs, torch.sign(shared) * torch.log1p(torch.abs(shared))], dim=1)


class PulseNetwork(nn.Module):
    """[N, 900, 3] colours to the chance of every rate, as logits."""

    def __init__(self):
        super().__init__()
        self.register_buffer("long", waves(FRAMES), persistent=False)
        self.register_buffer("short", waves(STRETCH), persistent=False)
        # Ways to mix the channels, so that what they share goes and what blood does stays.
        self.mixes = nn.Parameter(torch.tensor([[0.0, 1.0, -1.0], [-2.0, 1.0, 1.0], [-1.0, 2.0, -1.0]]) / 2)
        self.whole = nn.Sequential(
            nn.Conv1d(18, 32, 5, padding=2), nn.ReLU(), nn.Conv1d(32, 24, 5, padding=2), nn.ReLU()
        )
        self.part = nn.Sequential(
            nn.Conv1d(18, 24, 5, padding=2), nn.ReLU(), nn.Conv1d(24, 24, 5, padding=2), nn.ReLU()
        )
        self.follow = nn.LSTM(24, 24, batch_first=True)
        self.head = nn.Sequential(
            nn.Conv1d(48, 40, 9, padding=4), nn.ReLU(), nn.Conv1d(40, 32, 9, padding=4), nn.ReLU()
        )
        self.level = nn.Linear(32, 32)
        self.last = nn.Conv1d(32, 1, 1)

    def spectra(self, values, table):
        mixed = torch.einsum("nfc,mc->nfm", values, self.mixes)
        return torch.cat([cross(values, table), cross(mixed, table)], dim=1)

    def forward(self, colours):
        mean = colours.mean(dim=1, keepdim=True)
        values = (colours / (mean + 1e-6) - 1) * 100
        # The slow drift of a whole stretch would leak into every rate.
        values = values - slow(values)
        whole = self.whole(self.spectra(values, self.long))
        starts = range(0, FRAMES - STRETCH + 1, STRIDE)
        parts = torch.stack([values[:, start : start + STRETCH] for start in starts], dim=1)
        count = len(starts)
        parts = self.part(self.spectra(parts.reshape(-1, STRETCH, 3), self.short))
        steps = parts.reshape(-1, count, 24, BINS).permute(0, 3, 1, 2).reshape(-1, count, 24)
        followed = self.follow(steps)[0][:, -1].reshape(-1, BINS, 24).permute(0, 2, 1)
        hidden = self.head(torch.cat([whole, followed], dim=1))
        hidden = hidden + self.level(hidden.amax(dim=2))[:, :, None]
        return self.last(torch.relu(hidden))[:, 0]


def slow(values):
    """A mean over two seconds, with its ends prolonged."""
    reach = FPS
    padded = nn.functional.pad(values.transpose(1, 2), (reach, reach), mode="replicate")
    return nn.functional.avg_pool1d(padded, 2 * reach + 1, stride=1).transpose(1, 2)


class Exported(nn.Module):
    """What ships: the rate, how likely it is to be within 5 BPM, and the chance of every rate."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.register_buffer("rates", RATES.clone(), persistent=False)

    def forward(self, colours):
        chances = torch.softmax(self.network(colours), dim=1)
        rate, quality = answer(chances, self.rates)
        return rate, quality, chances


def answer(chances, rates):
    """The mean of what is likely around the likeliest 10 BPM, and the share of all chances within 5 BPM of it."""
    spacing = (HIGHEST - LOWEST) / (BINS - 1)
    width = 2 * round(5 / spacing) + 1
    mass = nn.functional.avg_pool1d(chances[:, None], width, stride=1, padding=width // 2)[:, 0] * width
    centre = rates[mass.argmax(dim=1)][:, None]
    near = chances * (torch.abs(rates - centre) <= 6).to(chances.dtype)
    rate = (near * rates).sum(dim=1) / near.sum(dim=1)
    quality = (chances * (torch.abs(rates - rate[:, None]) <= 5).to(chances.dtype)).sum(dim=1)
    return rate, quality
