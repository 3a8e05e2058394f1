"""Reading a file in Python prints nothing, even if its decoder does; prints of other threads still appear."""

from __future__ import annotations

import os
import threading

import pytest

from imgcuda.images import complaints
from support.broken_files import WHOLE, read

DAMAGED = [WHOLE["lzw.tif"][:-300], WHOLE["deflate.tif"][:-300]]
"""What libtiff complains of."""


def with_samples(count: int) -> bytes:
    """Return a TIFF that says that it has so many samples a pixel, of which Pillow logs an error."""
    data = bytearray(WHOLE["plain.tif"])
    place = data.index(b"\x15\x01\x03\0\x01\0\0\0")
    data[place + 8 : place + 10] = count.to_bytes(2, "little")
    return bytes(data)


@pytest.mark.parametrize("data", [*DAMAGED, with_samples(8), with_samples(2048)])
def test_reading_prints_nothing(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    read(data)
    assert capfd.readouterr() == ("", "")


def test_what_others_print_meanwhile_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    lines = b"TIFFFillStrip: Read error\nValueError: a word\ntempfile.tif: Cannot handle it.\nat work: yes\n"
    with complaints.gathered() as found:
        os.write(2, lines)
    assert found == ["TIFFFillStrip: Read error", "tempfile.tif: Cannot handle it."]
    assert capfd.readouterr().err == "ValueError: a word\nat work: yes\n"


def test_threads_take_turns(capfd: pytest.CaptureFixture[str]) -> None:
    def gather(number: int) -> None:
        for _ in range(50):
            with complaints.gathered() as found:
                os.write(2, b"TIFFReadDirectory: %d\n" % number)
            seen.extend(found if found == [f"TIFFReadDirectory: {number}"] else ["wrong"])

    seen: list[str] = []
    threads = [threading.Thread(target=gather, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"still there\n")
    assert len(seen) == 200 and "wrong" not in seen
    assert capfd.readouterr().err == "still there\n"


def test_without_stderr_a_file_is_read_all_the_same() -> None:
    ours = os.dup(2)
    os.close(2)
    try:
        read(WHOLE["lzw.tif"])
        assert not _is_open(2)
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
