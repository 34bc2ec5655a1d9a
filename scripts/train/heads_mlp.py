"""A perceptron with one hidden layer, trained by Adam: nothing here needs more than numpy."""

import numpy as np

BATCH = 64
DECAY = 1e-4
DROPOUT = 0.2


class Mlp:
    def __init__(self, size, hidden, levels, rng):
        self.weights = [
            rng.normal(0, np.sqrt(2 / size), (size, hidden)),
            np.zeros(hidden),
            rng.normal(0, np.sqrt(2 / hidden), (hidden, levels)),
            np.zeros(levels),
        ]

    def probabilities(self, x):
        first, bias, second, offset = self.weights
        return softmax(np.maximum(0, x @ first + bias) @ second + offset)

    def gradients(self, x, y, importance, rng):
        first, bias, second, offset = self.weights
        kept = (rng.random((len(x), len(bias))) >= DROPOUT) / (1 - DROPOUT)
        inner = np.maximum(0, x @ first + bias) * kept
        wrong = softmax(inner @ second + offset)
        wrong[np.arange(len(y)), y] -= 1
        wrong *= importance[y][:, None] / len(y)
        back = (wrong @ second.T) * (inner > 0) * kept
        return [x.T @ back + DECAY * first, back.sum(0), inner.T @ wrong + DECAY * second, wrong.sum(0)]


def softmax(x):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def train(x, y, check_x, check_y, *, levels, hidden, epochs, rate, patience, rng):
    """Trains until the set to stop by gets no better, and answers the best there was."""
    net = Mlp(x.shape[1], hidden, levels, rng)
    # Rare levels count as much as common ones, or the constant answer wins.
    counts = np.bincount(y, minlength=levels)
    importance = np.where(counts > 0, len(y) / (np.maximum(counts, 1) * (counts > 0).sum()), 0)
    first = [np.zeros_like(w) for w in net.weights]
    second = [np.zeros_like(w) for w in net.weights]
    best, best_loss, since, step = [w.copy() for w in net.weights], np.inf, 0, 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for begin in range(0, len(x), BATCH):
            rows = order[begin:begin + BATCH]
            step += 1
            for i, gradient in enumerate(net.gradients(x[rows], y[rows], importance, rng)):
                first[i] = 0.9 * first[i] + 0.1 * gradient
                second[i] = 0.999 * second[i] + 0.001 * gradient**2
                net.weights[i] -= rate * (first[i] / (1 - 0.9**step)) / (
                    np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8
                )
        said = net.probabilities(check_x)[np.arange(len(check_y)), check_y]
        loss = float(-(importance[check_y] * np.log(np.maximum(said, 1e-9))).mean())
        if loss < best_loss - 1e-4:
            best, best_loss, since = [w.copy() for w in net.weights], loss, 0
        else:
            since += 1
            if since >= patience:
                break
    net.weights = best
    return net
