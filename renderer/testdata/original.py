"""The picture of GET /generate/800/600 in numpy: prints the seconds of CPU that drawing and encoding take."""

import io
import sys
import time

import numpy as np
from PIL import Image


def draw(width, height, iterations=128):
    re = np.linspace(-2.25, 0.75, width)
    im = np.linspace(-1.25, 1.25, height)
    c = re[np.newaxis, :] + 1j * im[:, np.newaxis]
    z = np.zeros_like(c)
    escaped = np.zeros(c.shape, dtype=bool)
    for _ in range(iterations):
        inside = ~escaped
        z[inside] = z[inside] ** 2 + c[inside]
        escaped |= np.abs(z) > 2
    return escaped[::-1]


def main():
    for _ in range(int(sys.argv[1])):
        start = time.process_time()
        picture = Image.fromarray(draw(800, 600))
        picture.save(io.BytesIO(), "PNG")
        print(time.process_time() - start, int(np.count_nonzero(np.asarray(picture))))


main()
