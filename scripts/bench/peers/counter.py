"""Reads the number that the `counter` scene burns into its pictures (`src/vision/counter_code.ts` writes it)."""

import cv2

COLUMNS, ROWS = 12, 4
LIGHT, DARK = (0, 47), (11, 36)
CARRIERS = [cell for cell in range(COLUMNS * ROWS) if cell not in LIGHT + DARK]


def read_counter(picture):
    """The number in a BGR picture; -1 when there is none, or it does not check."""
    height, width = picture.shape[:2]
    gray = cv2.cvtColor(picture[: height // 4 + 1], cv2.COLOR_BGR2GRAY)
    levels = [_level(gray, width, height, cell) for cell in range(COLUMNS * ROWS)]
    light = sum(levels[cell] for cell in LIGHT) / 2
    dark = sum(levels[cell] for cell in DARK) / 2
    if light - dark < 48:
        return -1
    bits = [levels[cell] > (light + dark) / 2 for cell in CARRIERS]
    number = sum(bit << index for index, bit in enumerate(bits[:32]))
    check = sum(bit << index for index, bit in enumerate(bits[32:44]))
    return number if check == _check_of(number) else -1


def _level(gray, width, height, cell):
    cell_width, cell_height = 7 / 8 * width / COLUMNS, 5 / 24 * height / ROWS
    x = width / 16 + (cell % COLUMNS) * cell_width
    y = height / 48 + (cell // COLUMNS) * cell_height
    inner = gray[round(y + cell_height / 4) : round(y + cell_height * 3 / 4), round(x + cell_width / 4) : round(x + cell_width * 3 / 4)]
    return float(inner.mean())


def _check_of(number):
    crc = 0xABC
    for byte in range(4):
        crc ^= ((number >> (8 * byte)) & 0xFF) << 4
        for _ in range(8):
            crc = ((crc << 1) ^ 0x80F) & 0xFFF if crc & 0x800 else (crc << 1) & 0xFFF
    return crc
