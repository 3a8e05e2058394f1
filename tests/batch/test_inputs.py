"""Which files a batch reads: files, folders by content, patterns and lists."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePath
from typing import Any

import pytest

from imgcuda import ImageError, ParameterError
from imgcuda.batch.inputs import Search, find, of_list

SAMPLE = Path(__file__).parents[2] / "sample_images" / "horse.png"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures at three depths, hidden ones, and other files; it is beside the working folder's."""
    for place in ("a.png", "b.PNG", "no-extension", "sub/c.jpg", "sub/deep/d.png", ".hidden.png", ".git/e.png"):
        path = tmp_path / "in" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLE, path)
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    (tmp_path / "in" / "empty.png").touch()
    monkeypatch.chdir(tmp_path)
    return Path("in")


def places(words: list[str], search: Search | None = None) -> list[str]:
    return [found.place.as_posix() for found in find(words, search or Search())]


def test_a_folder_gives_its_pictures_by_their_content(folder: Path) -> None:
    search = Search()
    assert places(["in"], search) == ["a.png", "b.PNG", "no-extension"]
    assert search.passed_over == {"hidden": 2, "no pictures": 2, "folders, which -r reads": 1}


def test_recursion_keeps_the_places_below_the_folder(folder: Path) -> None:
    assert places(["in"], Search(recursive=True)) == [
        *("a.png", "b.PNG", "no-extension"),
        *("sub/c.jpg", "sub/deep/d.png"),
    ]


def test_a_file_is_read_whatever_its_content_and_its_folder(folder: Path) -> None:
    assert places(["in/notes.txt", "in/sub/c.jpg", "in/missing.png"]) == ["notes.txt", "c.jpg", "missing.png"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("in/*.png", ["a.png", "empty.png"]),
        ("in/**/*.png", ["a.png", "empty.png", "sub/deep/d.png"]),
        ("in/*/c.jpg", ["sub/c.jpg"]),
        ("in/[ab].*", ["a.png", "b.PNG"]),
    ],
)
def test_a_pattern_gives_files_below_its_fixed_part(pattern: str, expected: list[str], folder: Path) -> None:
    assert places([pattern]) == expected


def test_a_file_with_the_letters_of_a_pattern_is_itself(folder: Path) -> None:
    shutil.copy(SAMPLE, folder / "[ab].png")
    assert places(["in/[ab].png"]) == ["[ab].png"]


def test_a_pattern_without_files_is_an_error(folder: Path) -> None:
    with pytest.raises(ImageError, match=r"'in/\*\.gif' matches no file"):
        list(find(["in/*.gif"], Search()))


def test_a_file_that_is_named_twice_is_read_once(folder: Path) -> None:
    assert places(["in/a.png", "in", "./in/*.png"]) == ["a.png", "b.PNG", "no-extension", "empty.png"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.png", ["b.PNG", "no-extension", "sub/c.jpg"]),
        ("sub", ["a.png", "b.PNG", "no-extension"]),
        ("sub/deep", ["a.png", "b.PNG", "no-extension", "sub/c.jpg"]),
        ("sub/*", ["a.png", "b.PNG", "no-extension"]),
    ],
)
def test_what_is_excluded_is_passed_over(pattern: str, expected: list[str], folder: Path) -> None:
    search = Search(recursive=True, exclude=(pattern,))
    assert places(["in"], search) == expected
    assert search.passed_over["excluded"] > 0


def test_a_list_keeps_the_folders_of_its_names(folder: Path) -> None:
    lines = b"./in/a.png\r\n\nin/sub/c.jpg\nin/sub\n../x/y.png\n/tmp/z.png\n"
    search = Search()
    found = list(of_list(lines, nul=False, search=search))
    assert [each.place for each in found] == list(map(PurePath, ["in/a.png", "in/sub/c.jpg", "x/y.png", "tmp/z.png"]))
    assert search.passed_over == {"folders in the list": 1}


def test_a_list_with_nul_bytes_may_have_any_names(folder: Path) -> None:
    names = [b"a\nb.png", b" c.png", b"\xff.png"]
    found = list(of_list(b"\0".join([*names, b""]), nul=True, search=Search()))
    assert [os.fsencode(each.path) for each in found] == names


def test_links_to_files_are_read_and_links_to_folders_are_not(folder: Path) -> None:
    (folder / "link.png").symlink_to("a.png")
    (folder / "loop").symlink_to(".")
    (folder / "itself").symlink_to("itself")
    (folder / "nowhere.png").symlink_to("missing.png")
    search = Search(recursive=True)
    assert "link.png" in places(["in"], search)
    assert len(places(["in"], Search(recursive=True))) == 6
    assert search.passed_over["links to folders"] == 1


def test_the_output_folder_in_an_input_folder_is_not_read(folder: Path) -> None:
    shutil.copytree(folder / "sub", folder / "out")
    search = Search(recursive=True, output=Path("in/out"))
    assert [place for place in places(["in"], search) if place.startswith("out")] == []
    assert search.passed_over["the output folder"] == 1


def test_an_input_folder_is_no_output_folder(folder: Path) -> None:
    with pytest.raises(ParameterError, match="-o in is an input folder; write to another, such as in/filtered"):
        list(find(["in"], Search(output=folder)))


def test_a_folder_that_cannot_be_read_is_an_error_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = os.scandir

    def refused(path: Path) -> Any:
        if path.name == "sub":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(os, "scandir", refused)  # root, who may run the tests, may read any folder
    found = list(find(["in"], Search(recursive=True)))
    assert [each.error for each in found if each.error] == ["in/sub cannot be read: permission denied"]
    assert len(found) == 4
