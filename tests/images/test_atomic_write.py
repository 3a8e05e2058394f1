"""Atomic writes: there is always the whole old file or the whole new one, whatever happens in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imgcuda import images
from imgcuda.errors import ImageError
from imgcuda.images import atomic_write
from support.killed_writes import killed
from support.matrix import exhaustive
from support.picture_files import RGB


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


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_is_kept_and_set_user_id_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    os.chown(path, 54321, 54322)
    path.chmod(0o6751)
    images.write(path, images.Image(RGB))
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (54321, 54322, 0o751)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="there are no extended attributes")
def test_extended_attributes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    try:
        os.setxattr(path, "user.comment", b"mine")
    except OSError:
        pytest.skip("the file system has no extended attributes")
    images.write(path, images.Image(RGB))
    assert os.getxattr(path, "user.comment") == b"mine"


def test_other_names_of_a_file_keep_the_old_picture_with_notice(tmp_path: Path) -> None:
    path, other = tmp_path / "a.png", tmp_path / "b.png"
    other.write_bytes(b"the old file")
    path.hardlink_to(other)
    lost = images.write(path, images.Image(RGB)).losses
    assert lost == ("the file had another name (a hard link), which keeps the old picture",)
    assert other.read_bytes() == b"the old file"


TERMINATED = """
import os, signal, sys
from pathlib import Path
from imgcuda.images import atomic_write
atomic_write.open_nameless = lambda folder: None
def terminate(number):
    os.kill(os.getpid(), getattr(signal, sys.argv[2]))
    print("not ended")
os.fsync = terminate
atomic_write.replace(Path(sys.argv[1]), b"new")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_terminated_process_leaves_no_draft_even_where_drafts_have_names(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", TERMINATED, str(path), name], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-int(getattr(signal, name)), b"")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


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


def test_no_clobber_makes_a_new_file_and_replaces_none(tmp_path: Path) -> None:
    images.write(tmp_path / "a.png", images.Image(RGB), clobber=False)
    before = (tmp_path / "a.png").read_bytes()
    with pytest.raises(ImageError, match="it is there already, and --no-clobber keeps it"):
        images.write(tmp_path / "a.png", images.Image(RGB[::-1]), clobber=False)
    assert (tmp_path / "a.png").read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


def test_a_file_that_comes_meanwhile_is_not_clobbered(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"another's")
    with pytest.raises(ImageError, match="it is there already"):
        atomic_write.replace(path, b"ours", clobber=False)  # `check` was before the other came
    assert path.read_bytes() == b"another's"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("clobber", [True, False])
def test_a_system_without_nameless_files_and_links_will_do(
    clobber: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", link)
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    images.write(tmp_path / "a.png", images.Image(RGB), clobber=clobber)
    assert np.array_equal(images.read(tmp_path / "a.png").pixels, RGB)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("times", [5, exhaustive(20)])
def test_killed_at_any_moment_it_leaves_the_old_file_or_the_new_one(times: int, tmp_path: Path) -> None:
    found = killed(times, tmp_path)
    assert found["picture 1"] + found["picture 2"] == times
    if hasattr(os, "O_TMPFILE"):
        assert found["drafts left beside it"] < 5  # one in a hundred: between its name and its place are microseconds


FILL = """
import sys, numpy as np
from pathlib import Path
from imgcuda import images
path = Path(sys.argv[1]) / "a.png"
images.write(path, images.Image(np.zeros((9, 9), np.uint8)))
try:
    images.write(path, images.Image(np.random.default_rng(0).integers(0, 256, (1500, 1500), np.uint8)))
except Exception as error:
    print(error)
print(images.read(path).pixels.shape, [file.name for file in path.parent.iterdir()])
"""


def test_a_disk_that_is_full_keeps_the_old_file_and_no_draft(tmp_path: Path) -> None:
    """The disk is one of 1 MiB that only this process sees."""
    mount = 'mount -t tmpfs -o size=1M none "$0" || exit 9; exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, str(tmp_path), sys.executable, "-c", FILL, str(tmp_path)]
    if shutil.which("unshare") is None:
        pytest.skip("there are no namespaces here")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr or done.returncode == 9:
        pytest.skip(f"there is no disk to fill: {done.stderr}")
    assert done.stdout.splitlines() == [
        f"{tmp_path / 'a.png'} cannot be written: no space left on device",
        "(9, 9) ['a.png']",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of this kind")
def test_a_file_that_may_not_grow_leaves_the_old_file_and_is_one_sentence(tmp_path: Path) -> None:
    path, limit = tmp_path / "a.png", 2000
    images.write(path, images.Image(RGB))
    before = path.read_bytes()
    code = (
        "import resource, sys, numpy as np; from imgcuda import images\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "noise = np.random.default_rng(0).integers(0, 256, (99, 99), np.uint8)\n"
        "try: images.write(sys.argv[1], images.Image(noise))\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{path} cannot be written: file too large\n"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_full_standard_output_is_one_sentence(tmp_path: Path) -> None:
    images.write(tmp_path / "a.png", images.Image(RGB))
    command = [sys.executable, "-m", "imgcuda", "grayscale", str(tmp_path / "a.png"), "-", "--format", "png"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1, "Error: standard output cannot be written: no space left on device\n"
    )  # fmt: skip
