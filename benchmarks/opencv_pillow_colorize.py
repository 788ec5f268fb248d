"""The script one would write with Pillow and OpenCV around the same ONNX file: what `colorize_speed.py` compares with.

    python benchmarks/opencv_pillow_colorize.py MODEL.onnx PHOTO RESULT

It decodes with Pillow, predicts at the same working size, enlarges ab bilinearly, converts the whole picture as float
Lab with OpenCV, and encodes with Pillow. It keeps no metadata, no profile and no 16 bits, and clips what leaves sRGB.
"""

from __future__ import annotations

import sys

import cv2
import numpy as np
import onnxruntime
from PIL import Image

QUALITY = 90  # of JPEG, as the command's default
WORKING_SIZE, MULTIPLE, LONGEST = 256, 32, 4  # as the command


def main(model: str, photo: str, result: str) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    Image.MAX_IMAGE_PIXELS = None
    rgb = np.asarray(Image.open(photo).convert("RGB"))  # uint8 [H, W, 3]
    height, width = rgb.shape[:2]
    lightness = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[:, :, 0]  # float32 [H, W]

    small = cv2.resize(rgb, working_size(width, height), interpolation=cv2.INTER_AREA)
    small_lightness = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[:, :, 0]
    feed = {"lightness": small_lightness[None, None], "temperature": np.asarray(0.38, np.float32)}
    ab = session.run(["ab"], feed)[0][0]  # float32 [2, h/4, w/4]

    full_ab = cv2.resize(ab.transpose(1, 2, 0), (width, height), interpolation=cv2.INTER_LINEAR)
    lab = np.concatenate([lightness[:, :, None], full_ab], axis=2)
    colored = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    pixels = (np.clip(colored, 0, 1) * 255 + 0.5).astype(np.uint8)
    Image.fromarray(pixels).save(result, **({"quality": QUALITY} if result.endswith("jpg") else {}))


def working_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) for the network."""
    scale = WORKING_SIZE / min(width, height)
    sides = (min(side * scale, LONGEST * WORKING_SIZE) for side in (width, height))
    across, down = (max(1, round(side / MULTIPLE)) * MULTIPLE for side in sides)
    return across, down


if __name__ == "__main__":
    main(*sys.argv[1:])
