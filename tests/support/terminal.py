"""A terminal for tests, which answers a command as Kitty, as one with Sixel, or not at all; and reads what is drawn."""

from __future__ import annotations

import base64
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import PIL.Image

Kind = Literal["kitty", "sixel", "nothing"]

CELL = (10, 20)
"""The width and height of a character in pixels."""

ANSWERS: dict[Kind, dict[bytes, bytes]] = {
    "kitty": {b"\x1b[c": b"\x1b[?62;c", b"a=q": b"\x1b_Gi=1;OK\x1b\\"},
    "sixel": {b"\x1b[c": b"\x1b[?62;4;22c"},
    "nothing": {},
}
"""What a terminal answers to what it is asked."""

_SIXEL = re.compile(rb'#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])|"[\d;]*')


class Seen(NamedTuple):
    """What a command wrote to the terminal, its errors and its exit code."""

    drawn: bytes
    errors: str
    code: int


def in_terminal(
    kind: Kind,
    *words: object,
    size: tuple[int, int] = (80, 24),
    input: int | None = None,
    term: str = "xterm-256color",
    path: Path | None = None,
) -> Seen:
    """Run a command line in a terminal of so many columns and lines.

    `input` is a file instead of its keys, `path` a folder with modules that hide installed ones.
    """
    ours, theirs = pty.openpty()
    columns, lines = size
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, columns * CELL[0], lines * CELL[1]))
    environment = {**os.environ, "TERM": term, "COLORTERM": "truecolor", "IMGCUDA_DEVICE": "cpu"}
    environment |= {"PYTHONPATH": str(path)} if path else {}
    process = subprocess.Popen(
        [sys.executable, "-m", "imgcuda", *map(str, words)],
        stdin=theirs if input is None else input,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=lambda: _control(theirs),
    )
    os.close(theirs)
    drawn = _answered(ours, dict(ANSWERS[kind]))
    _, errors = process.communicate(timeout=60)
    os.close(ours)
    return Seen(drawn, errors.decode(), process.returncode)


def _control(terminal: int) -> None:
    """Make a terminal that of this process, which /dev/tty then opens."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _answered(terminal: int, answers: dict[bytes, bytes]) -> bytes:
    """Return all that is written to a terminal, which answers each question once."""
    written = bytearray()
    while True:
        try:
            read = os.read(terminal, 1 << 16)
        except OSError:  # its other end is closed
            return bytes(written)
        if not read:
            return bytes(written)
        written += read
        for question in [each for each in answers if each in written]:
            os.write(terminal, answers.pop(question))


def of_kitty(drawn: bytes) -> list[npt.NDArray[np.uint8]]:
    """Return the pictures that Kitty's graphics protocol has sent."""
    pictures, data = [], b""
    for keys, part in re.findall(rb"\x1b_G([^;\x1b]*m=[^;\x1b]*);([^\x1b]*)\x1b\\", drawn):
        data += part
        if b"m=0" in keys:
            with PIL.Image.open(io.BytesIO(base64.b64decode(data))) as picture:
                pictures.append(np.asarray(picture))
            data = b""
    return pictures


def of_sixel(drawn: bytes) -> list[npt.NDArray[np.uint8]]:
    """Return the pictures that are drawn as Sixel: bands of six rows, color by color, black where nothing is."""
    return [_of_sixels(each) for each in re.findall(rb"\x1bP[\d;]*q(.*?)\x1b\\", drawn, re.DOTALL)]


def _of_sixels(data: bytes) -> npt.NDArray[np.uint8]:
    colors: dict[int, list[float]] = {}
    points: list[tuple[int, int, int]] = []
    x = y = color = 0
    for number, red, green, blue, count, repeated, single, move in _SIXEL.findall(data):
        if number:
            color = int(number)
            if red:
                colors[color] = [float(each) * 2.55 for each in (red, green, blue)]
        elif move:
            x, y = 0, y + 6 * (move == b"-")
        elif repeated or single:
            bits = (repeated or single)[0] - 63
            columns = range(x, x + int(count or 1))
            points += [(y + row, column, color) for column in columns for row in range(6) if bits >> row & 1]
            x = columns.stop
    height, width = (1 + max(each[axis] for each in points) for axis in (0, 1))
    picture = np.zeros((height, width, 3), np.uint8)
    for row, column, color in points:
        picture[row, column] = np.rint(colors[color])
    return picture


def of_half_blocks(drawn: bytes) -> npt.NDArray[np.uint8]:
    """Return the picture that is drawn in half blocks: two pixels a character, one above the other."""
    block = rb"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m\xe2\x96\x80\x1b\[0m"
    lines = [re.findall(block, line) for line in drawn.split(b"\r\n")]
    numbers = np.array([line for line in lines if line], np.uint8)
    count, columns, _ = numbers.shape
    return numbers.reshape(count, columns, 2, 3).swapaxes(1, 2).reshape(2 * count, columns, 3)
