"""JPEGs that a device decodes and encodes: here libjpeg does, so the files must be those of the usual way."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
import simplejpeg

from imgcuda import Filter, Registry, devices
from imgcuda.errors import ImageError
from imgcuda.file_run import FileOptions, on_device, run_file
from imgcuda.images import Options, without_memory
from imgcuda.pipeline import Pipeline
from imgcuda.recipes.chain_text import parse_text
from support.installed import installed


@pytest.fixture(scope="module")
def registry() -> Registry:
    return installed()


class Transcoder:
    """What a device does, done by libjpeg on the CPU; it counts its files."""

    def __init__(self, filters: list[Filter]) -> None:
        self.filters, self.files = filters, 0

    def __call__(self, data: bytes, channels: int, quality: int) -> tuple[bytes, tuple[int, ...]] | None:
        self.files += 1
        pixels = simplejpeg.decode_jpeg(data, "GRAY" if channels == 1 else "RGB", fastdct=False, fastupsample=False)
        made = Pipeline(self.filters)(pixels[:, :, 0] if channels == 1 else pixels, device="cpu")
        buffer = BytesIO()
        PIL.Image.fromarray(made).save(buffer, "JPEG", quality=quality)
        return buffer.getvalue(), made.shape


def picture(path: Path, mode: str = "RGB", **options: Any) -> Path:
    """Write a JPEG with metadata of every kind."""
    rng = np.random.default_rng(3)
    image = PIL.Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8)).resize((120, 90)).convert(mode)
    exif = image.getexif()
    exif.update({0x010F: "Maker", 0x0112: options.pop("orientation", 1), 0xA002: 120, 0xA003: 90})
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes() if mode == "RGB" else b""
    image.save(path, exif=exif, icc_profile=profile, comment="a word", dpi=(300, 300), quality=92, **options)
    return path


def both_ways(source: Path, filters: list[Filter], options: FileOptions | None = None) -> tuple[bytes, bytes, int]:
    """Return the file made with the transcoder, the one made in the usual way, and how many the transcoder made."""
    options, coder, apply = options or FileOptions(), Transcoder(filters), on_device(filters, devices.choose("cpu"))
    one, other = source.with_name("one.jpg"), source.with_name("other.jpg")
    run_file(filters, source, one, options, apply, transcode=coder)
    run_file(filters, source, other, options, apply)
    return one.read_bytes(), other.read_bytes(), coder.files


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_file_is_that_of_the_usual_way(mode: str, tmp_path: Path, registry: Registry) -> None:
    filters = parse_text(registry, "resize:scale=0.5 | invert")
    one, other, count = both_ways(picture(tmp_path / "in.jpg", mode), filters)
    assert count == 1
    assert one == other
    assert PIL.Image.open(BytesIO(one)).getexif()[0x010F] == "Maker"


def test_a_result_with_other_channels_and_quality_is_the_same(tmp_path: Path, registry: Registry) -> None:
    options = FileOptions(options=Options(quality=60), strip=True)
    one, other, count = both_ways(picture(tmp_path / "in.jpg"), [registry.filters["grayscale"]()], options)
    assert (one, count) == (other, 1)


SPECIAL = {"progressive": {"progressive": True}, "turned": {"orientation": 6}, "cmyk": {"mode": "CMYK"}}
"""Options with which a picture is saved, by what is special about it."""


@pytest.mark.parametrize(("name", "saved"), SPECIAL.items())
def test_what_a_device_may_not_decode_goes_the_usual_way(
    name: str, saved: dict[str, Any], tmp_path: Path, registry: Registry
) -> None:
    one, other, count = both_ways(picture(tmp_path / f"{name}.jpg", **saved), [registry.filters["invert"]()])
    assert (one, count) == (other, 0)


def test_a_file_that_is_cut_short_goes_the_usual_way(tmp_path: Path, registry: Registry) -> None:
    source = picture(tmp_path / "in.jpg")
    source.write_bytes(source.read_bytes()[:-600])
    with pytest.raises(ImageError, match="damaged or cut short"):
        both_ways(source, [registry.filters["invert"]()])


def test_an_array_without_memory_has_a_shape_and_no_bytes() -> None:
    assert without_memory((3000, 4000, 3)).shape == (3000, 4000, 3)
    assert without_memory((3000, 4000, 3)).strides == (0, 0, 0)
