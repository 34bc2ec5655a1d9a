"""Numbers that any language can make again: a generator of 32 bits, and tensors filled by it."""

import numpy as np


class Random:
    """Mulberry32: a value below 1 at every call, the same in every language that has 32-bit integers."""

    def __init__(self, seed):
        self.state = seed & 0xFFFFFFFF

    def __call__(self):
        self.state = (self.state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = ((self.state ^ (self.state >> 15)) * (self.state | 1)) & 0xFFFFFFFF
        mixed ^= (mixed + (((mixed ^ (mixed >> 7)) * (mixed | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return ((mixed ^ (mixed >> 14)) & 0xFFFFFFFF) / 4294967296


def part(size, fill="even", scale=1.0, add=0.0):
    """How `size` neighbours along the recipe's axis are filled: fill(random) × scale + add."""
    return {"size": size, "fill": fill, "scale": scale, "add": add}


def recipe(name, dims, seed, parts, axis, type="float32"):
    """A tensor in words, as it is written into the golden file."""
    assert sum(p["size"] for p in parts) == dims[axis]
    return {"name": name, "type": type, "dims": dims, "seed": seed, "axis": axis, "parts": parts}


def build(recipe):
    """The tensor that a recipe describes, filled in the order of memory."""
    random = Random(recipe["seed"])
    dims, axis = recipe["dims"], recipe["axis"]
    inner = int(np.prod(dims[axis + 1 :]))
    part_of = [p for p in recipe["parts"] for _ in range(p["size"])]
    values = np.empty(int(np.prod(dims)))
    for i in range(values.size):
        p = part_of[(i // inner) % dims[axis]]
        value = random()
        if p["fill"] == "rare":
            # Few values come near 1; multiplied out, because powers differ in their last bit.
            value = value * value
            value = value * value
            value = value * value
        elif p["fill"] == "whole":
            value = float(int(value * p["scale"]))
        values[i] = value + p["add"] if p["fill"] == "whole" else value * p["scale"] + p["add"]
    return values.astype(np.float32 if recipe["type"] != "int64" else np.int64).reshape(dims)
