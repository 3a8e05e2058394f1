"""Text, beside Pillow and OpenCV, whose letters are its own."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from task import Picture, Task

WORDS, SIZE, PLACE = "The quick brown fox", 48, (100, 80)


def pillow(picture: Picture) -> Any:
    made, font = Image.fromarray(picture), ImageFont.load_default(SIZE)
    draw = ImageDraw.Draw(made)
    left, top, *_ = draw.textbbox((0, 0), WORDS, font)
    draw.text((PLACE[0] - left, PLACE[1] - top), WORDS, "white", font)
    return made


def opencv(picture: Picture) -> Any:
    return cv2.putText(picture.copy(), WORDS, (PLACE[0], PLACE[1] + SIZE), 0, 1.5, (255, 255, 255), 2, cv2.LINE_AA)


TASKS = [
    Task(
        "text",
        {"text": WORDS, "size": SIZE, "gravity": "northwest", "x": PLACE[0], "y": PLACE[1]},
        exact=lambda picture: np.asarray(pillow(picture)),
        host={"Pillow": pillow, "OpenCV": opencv},
        loose={"OpenCV": 255},
    )
]
