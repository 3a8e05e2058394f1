"""A file in another's place: the whole old file or the whole new one, whatever happens in between."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from picture_files import RGB

from imgcuda import images
from imgcuda.errors import ImageError


def test_a_failed_save_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"the old file")
    with pytest.raises(ImageError, match=r"a\.jpg cannot be written"):
        images.write(path, images.Image(np.zeros((1, 70000), np.uint8)))  # wider than a JPEG can be
    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_save_leaves_no_litter(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"the old file")

    def fail(number: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((ImageError, KeyboardInterrupt)) as raised:
        images.write(path, images.Image(RGB))
    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]
    if isinstance(error, OSError):
        assert str(raised.value) == f"{path} cannot be written: no space left on device"


def test_mode_bits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    path.chmod(0o640)
    images.write(path, images.Image(RGB))
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_mode_bits_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    images.write(tmp_path / "a.png", images.Image(RGB))
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target.png"
    target.touch()
    link = tmp_path / "link.png"
    link.symlink_to(target)
    images.write(link, images.Image(RGB))
    assert link.is_symlink()
    assert np.array_equal(images.read(target).pixels, RGB)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anything")
def test_a_write_protected_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch(0o444)
    with pytest.raises(ImageError, match="it is write-protected"):
        images.write(path, images.Image(RGB))
