"""The outputs of a batch: their names, and that none is outside of the output folder, or replaces an input."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from imgcuda import ImageError, ParameterError
from imgcuda.batch import plan
from imgcuda.batch.inputs import Search, find
from imgcuda.batch.naming import naming

SAMPLE = Path(__file__).parents[2] / "sample_images" / "horse.png"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with pictures in a folder `in`."""
    for place in ("a.png", "B.PNG", "sub/c.jpg"):
        path = tmp_path / "in" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLE, path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def targets(*words: str, template: str = "{stem}", format: str | None = None, flat: bool = False) -> list[str]:
    names = naming(template, format, flat, recipe="web")
    made = plan.in_folder(find(words or ["in"], Search(recursive=True)), names, Path("out"))
    assert [outcome.error for outcome in made.failed] == []
    return [unit.target.as_posix() for unit in made]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["out/B.PNG", "out/a.png", "out/sub/c.jpg"]),
        ({"flat": True}, ["out/B.PNG", "out/a.png", "out/c.jpg"]),
        ({"format": "webp"}, ["out/B.webp", "out/a.webp", "out/sub/c.webp"]),
        ({"format": "png"}, ["out/B.PNG", "out/a.png", "out/sub/c.png"]),
        ({"template": "{stem}_web"}, ["out/B_web.PNG", "out/a_web.png", "out/sub/c_web.jpg"]),
        ({"template": "{stem}_web.webp"}, ["out/B_web.webp", "out/a_web.webp", "out/sub/c_web.webp"]),
        ({"template": "{parent}-{stem}-{ext}"}, ["out/in-B-PNG.PNG", "out/in-a-png.png", "out/sub/sub-c-jpg.jpg"]),
        ({"template": "{index:03}-{recipe}"}, ["out/001-web.PNG", "out/002-web.png", "out/sub/003-web.jpg"]),
        ({"template": "{parent}/{stem}", "flat": True}, ["out/in/B.PNG", "out/in/a.png", "out/sub/c.jpg"]),
        ({"template": "{{{stem}}}.v1"}, ["out/{B}.v1.PNG", "out/{a}.v1.png", "out/sub/{c}.v1.jpg"]),
    ],
)
def test_an_output_is_named_by_place_template_and_format(
    options: dict[str, object], expected: list[str], folder: Path
) -> None:
    assert targets(**options) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{stemm}", "it has no {stemm}; did you mean 'stem'?"),
        ("{}", "it has no {}"),
        ("{stem.__class__}", "it has no {stem.__class__}"),
        ("{stem!r}", "may only have widths for {index}"),
        ("{stem:>99999999}", "may only have widths for {index}"),
        ("{stem", "cannot be read"),
        ("../{stem}", "would be outside it"),
        ("/tmp/{stem}", "would be outside it"),
        ("a/../../{stem}", "would be outside it"),
    ],
)
def test_a_template_that_is_no_name_is_refused(template: str, sentence: str) -> None:
    with pytest.raises(ParameterError) as refused:
        naming(template, None, False, "")
    assert sentence in str(refused.value)


def test_an_extension_must_agree_with_the_format() -> None:
    assert naming("{stem}.jpg", "jpeg", False, "").format == naming("{stem}", "jpeg", False, "").format
    with pytest.raises(ParameterError, match=r"--name ends with \.webp, and --format is PNG"):
        naming("{stem}.webp", "png", False, "")


def test_an_extension_that_is_not_written_needs_a_format(folder: Path) -> None:
    shutil.copy(SAMPLE, folder / "in" / "no-extension")
    (folder / "in" / "x.psd").write_bytes(b"8BPS")
    made = plan.in_folder(find(["in"], Search()), naming("{stem}", None, False, ""), Path("out"))
    assert [unit.target.name for unit in made] == ["B.PNG", "a.png", "no-extension.png"]
    assert [outcome.error for outcome in made.failed] == [
        "in/x.psd: PSD is not written; --format says what to write, as --format png"
    ]


def test_all_pairs_with_one_name_are_told_before_any_work(folder: Path) -> None:
    with pytest.raises(ImageError) as refused:
        targets("in", "in/sub", "in/sub/c.jpg", template="x", flat=True, format="png")
    first, second, way_out = str(refused.value).splitlines()
    assert first == "in/B.PNG and in/a.png would both become out/x.PNG"
    assert second == "in/B.PNG and in/sub/c.jpg would both become out/x.PNG"
    assert "--name" in way_out


def test_of_many_pairs_ten_are_told_and_the_others_counted(folder: Path) -> None:
    for number in range(30):
        shutil.copy(SAMPLE, folder / "in" / f"{number}.png")
    with pytest.raises(ImageError, match="and 22 more") as refused:
        targets(template="x", flat=True, format="png")
    assert len(str(refused.value).splitlines()) == 12


@pytest.mark.parametrize(
    ("one", "other"), [("A.png", "a.png"), ("straße.png", "STRASSE.png"), ("é.png", "e\u0301.png")]
)
def test_names_that_some_file_systems_take_for_one_collide(one: str, other: str, folder: Path) -> None:
    for name, place in ((one, "x"), (other, "y")):
        (folder / place).mkdir()
        shutil.copy(SAMPLE, folder / place / name)
    with pytest.raises(ImageError, match="would both become"):
        targets("x", "y")


def test_an_output_that_is_an_input_is_refused(folder: Path) -> None:
    with pytest.raises(ImageError) as refused:
        plan.in_folder(find(["in/a.png"], Search()), naming("{stem}", None, False, ""), Path("in"))
    assert str(refused.value).splitlines() == [
        "in/a.png would be replaced, which is the input in/a.png",
        "Write to another folder, or use --in-place",
    ]


def test_nothing_is_written_through_links_that_lead_out(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "elsewhere").mkdir()
    (folder / "out" / "sub").symlink_to(folder / "elsewhere")
    (folder / "out" / "a.png").symlink_to(folder / "elsewhere" / "a.png")
    made = plan.in_folder(find(["in"], Search(recursive=True)), naming("{stem}", None, False, ""), Path("out"))
    assert [unit.target.as_posix() for unit in made] == ["out/B.PNG"]
    assert sorted(outcome.error for outcome in made.failed) == [
        "out/a.png is not written: a link leads out of out",
        "out/sub/c.jpg is not written: a link leads out of out",
    ]


def test_the_output_folder_itself_may_be_a_link(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "out").symlink_to("real")
    assert targets("in/a.png") == ["out/a.png"]


def test_in_place_each_input_is_its_own_target(folder: Path) -> None:
    made = plan.in_place(find(["in"], Search(recursive=True)))
    assert [unit.target for unit in made] == [unit.source for unit in made]
