"""Parameters as text: reads numbers, JSON and the lines of a file, and shows values as a user types them."""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
from pathlib import Path

from imgcuda.errors import shown

LARGEST_TEXT = 1 << 26
"""The largest text file, in bytes, unless a caller sets another limit: enough for a million numbers."""

_ENCODINGS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_LINE_END = r"\r\n|\r|\n"


def in_words(value: object) -> str:
    """Return a parameter's value as a user types it: "2", "reflect", "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_number(text: str) -> float:
    """Return the number in a text, in ASCII digits and without underscores; ValueError if it is not a number."""
    return float(_plain_digits(text))


def read_whole_number(text: str) -> int:
    """Return the whole number in a text, in ASCII digits and without underscores; ValueError if it is not one."""
    return int(_plain_digits(text))


def read_file(path: str | os.PathLike[str], largest: int) -> bytes:
    """Return the bytes of a regular file of at most `largest` bytes; ValueError if it cannot be read.

    A pipe, a device or a socket is refused at once, without waiting for data.
    """
    name = os.fsdecode(path)
    if "\0" in name:
        raise ValueError(f"there can be no file {_quoted(name)}")
    try:
        _check_regular(name, Path(name).stat())  # before opening it, since opening a device may already have an effect
        with open(name, "rb", opener=_open_at_once) as file:  # Path.open has no opener
            found = os.fstat(file.fileno())
            _check_regular(name, found)
            data = file.read(largest + 1) if found.st_size <= largest else b""
    except OSError as error:
        raise ValueError(f"the file {_quoted(name)} cannot be read: {error.strerror or error}") from error
    if max(len(data), found.st_size) > largest:
        raise ValueError(f"the file {_quoted(name)} cannot be read: it has more than {largest:,} bytes")
    return data


def read_lines(path: str | os.PathLike[str], largest: int = LARGEST_TEXT, errors: str = "strict") -> list[str]:
    """Return the lines of a text file in UTF-8, or in UTF-16 with a byte order mark; ValueError as in read_file.

    Only a line feed, a carriage return or both end a line. `errors` is as in bytes.decode.
    """
    data = read_file(path, largest)
    mark = next((mark for mark in _ENCODINGS if data.startswith(mark)), b"")
    try:
        text = data[len(mark) :].decode(_ENCODINGS.get(mark, "utf-8"), errors)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(f"the file {_quoted(os.fsdecode(path))} cannot be read: it is not text")
    return re.split(_LINE_END, text)


def read_json(text: str) -> object:
    """Return the value of a text in JSON; ValueError if it is not JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"got {shown(text)}, which ends or goes on wrongly: {error.msg}") from None
    except (ValueError, RecursionError):
        raise ValueError(f"got {shown(text)}, which has a number or a list that is too long") from None


def _plain_digits(text: str) -> str:
    if not text.isascii() or "_" in text:
        raise ValueError(f"{shown(text)} is not a number")
    return text


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for the other end of a pipe, and without making a terminal the controlling one."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _check_regular(name: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"the file {_quoted(name)} cannot be read: it is {_kind(found.st_mode)}")


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe; write what comes out of it to a file first"
    return "a directory" if stat.S_ISDIR(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def _quoted(name: str) -> str:
    return shown(name, longest=1000)
