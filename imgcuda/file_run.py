"""Runs a chain of filters over one file: reads it, filters its pictures, and writes the result, by options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import imgcuda
from imgcuda import images, large_files
from imgcuda.engine.protocol import Device
from imgcuda.errors import ImageError
from imgcuda.execution.schedule import allow
from imgcuda.filters import Filter
from imgcuda.images import Clobber, Format, Image, Written
from imgcuda.pipeline import Pipeline

if TYPE_CHECKING:
    import numpy.typing as npt

    from imgcuda.images.linear import Light
    from imgcuda.images.tiff_rows import RowsOnDemand

Examine: TypeAlias = "Callable[[Sequence[Filter], npt.NDArray[Any]], None]"
"""A function that is called with --check after the filters have run, with the image; it raises the errors it finds."""

Apply: TypeAlias = "Callable[[npt.NDArray[Any]], npt.NDArray[Any]]"
"""Runs the filters over one picture. Its result may be valid only until the next call."""

Transcode: TypeAlias = Callable[[bytes, int, int], "tuple[bytes, tuple[int, ...]] | None"]
"""Decodes a JPEG of 1 or 3 channels, runs the filters over it, and encodes the result with a quality, all on a device.
Returns the JPEG, without metadata, and the shape of its pixels; None if it cannot."""

Around: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Returns a context manager to run a step in, "read" or "filter": for example, one that limits its time."""


@dataclass(frozen=True)
class FileOptions:
    """How one file is read, filtered and written."""

    format: Format | None = None
    """The format to write; None for that of the target's extension."""
    options: images.Options = field(default_factory=images.Options)
    clobber: Clobber = "ours"
    """What may be replaced."""
    complete: bool = False
    """Whether to write nothing if anything would be lost: the output replaces the input."""
    depth: str | None = None
    """Bits of the samples to filter and write: "8", "16" or "float"; None keeps those of the input."""
    convert: str | None = None
    """The mode to convert the input to: "L", "LA", "RGB", "RGBA" or "F"."""
    linear: bool = False
    frame: int | None = None
    auto_orient: bool = True
    strip: bool = False
    strict: bool = False
    max_pixels: int = images.MAX_PIXELS
    codecs: Literal["cpu", "gpu"] = "cpu"
    """What decodes and encodes JPEGs, where it can."""

    def request(self, format: Format) -> images.ReadRequest:
        """Return the request to the reader, given the format of the output."""
        return images.ReadRequest(self.frame, format.several, self.auto_orient, False, self.max_pixels)


class FileResult(NamedTuple):
    """What a run has read and made, what was lost, and how long each step took."""

    image: Image
    """The input, as it was read and converted."""
    result: Image
    lost: Written
    """What the output could not hold."""
    times: tuple[float, float, float]
    """The seconds for reading, filtering and writing."""
    options: FileOptions

    def of_source(self, all_of_them: bool = False) -> tuple[str, ...]:
        """Return what was lost of the input, in sentences; with `all_of_them` also the metadata that was left out."""
        return (*self.result.losses, *(self.result.left_out if all_of_them else ()))

    def of_target(self, all_of_them: bool = False) -> tuple[str, ...]:
        """Return what the output could not hold, in sentences; with `all_of_them` also metadata."""
        left_out = self.lost.left_out if all_of_them else ()
        return (*_colors_left_out(self.image, self.options), *self.lost.losses, *left_out)


def run_file(
    filters: Sequence[Filter],
    source: Path | IO[bytes],
    target: Path | IO[bytes],
    options: FileOptions,
    apply: Apply,
    *,
    transcode: Transcode | None = None,
    around: Around = lambda step: nullcontext(),
    examine: Examine | None = None,
    device: Callable[[], Device] | None = None,
) -> FileResult:
    """Read a file or stream, run the filters over all its pictures, and write the result. Raises ImgcudaError.

    `apply` runs them, as `on_device` does; the filters themselves are asked what size they make. With `device`, which
    is called for it, a large picture runs there in strips instead, and is read and written in strips, so that it may
    exceed the memory.
    With `transcode`, a JPEG to be made from a baseline JPEG is decoded, filtered and encoded by that, if it can.
    The write is atomic: if anything fails, the target is as it was before.
    """
    times = [perf_counter()]
    format = options.format or images.check_output(str(target))
    if device and isinstance(target, Path):
        with opened_large(filters, source, format, options) as large:
            if large:
                with around("filter"):
                    return _run_large(filters, large, target, options, device())
    coded = b""
    if whole := transcode and _transcoded(filters, source, format, options, transcode):
        image, result, coded = whole
    else:
        with around("read"):
            image = read_input(source, options, several=format.several)
    _check_complete(image, target, options)
    times.append(perf_counter())
    if not whole:
        with around("filter"):
            result = filter_frames(image, filters, options, apply, examine)
    result = result.stripped() if options.strip else result
    times.append(perf_counter())
    lost = _write(target, result, format, options, coded)
    times.append(perf_counter())
    read, filtered, written = (end - start for start, end in pairwise(times))
    return FileResult(image, result, lost, (read, filtered, written), options)


def on_device(filters: Sequence[Filter], device: Device, max_pixels: int | None = None) -> Apply:
    """Return the function that runs filters on a device, in this process; without filters, nothing runs there.

    It raises ImageError for a filter that makes more than `max_pixels` pixels.
    """
    if not filters:
        return lambda pixels: pixels
    return partial(Pipeline(filters), device=device.name, max_pixels=max_pixels)


@contextmanager
def opened_large(
    filters: Sequence[Filter], source: Path | IO[bytes], format: Format, options: FileOptions
) -> Iterator[RowsOnDemand | None]:
    """Open a large picture that is read, filtered and written in strips of rows; None for one that must be whole."""
    if isinstance(source, Path) and _may_run_in_rows(options, format):
        with large_files.opened(filters, source, options.request(format), options.strict) as large:
            yield large
    else:
        yield None


def _may_run_in_rows(options: FileOptions, format: Format) -> bool:
    """Return whether the options allow to read, filter and write a picture in strips of rows."""
    changed = options.depth or options.convert or options.linear or options.complete
    return format.name == "TIFF" and not changed and not options.options.compress


def _run_large(
    filters: Sequence[Filter], large: RowsOnDemand, target: Path, options: FileOptions, device: Device
) -> FileResult:
    started = perf_counter()
    result, lost = large_files.run_in_rows(
        filters,
        large,
        target,
        device,
        clobber=options.clobber,
        software=_software(options),
        strip=options.strip,
        max_pixels=options.max_pixels,
    )
    return FileResult(large.image, result, lost, (0.0, perf_counter() - started, 0.0), options)


def _software(options: FileOptions) -> str:
    """Return the name that marks the output."""
    return "" if options.strip else f"imgcuda {imgcuda.__version__}"


def read_input(source: Path | IO[bytes], options: FileOptions, several: bool) -> Image:
    """Return the image to filter: as in the file, or converted as the options ask."""
    image = images.read(
        source,
        frame=options.frame,
        several=several,
        auto_orient=options.auto_orient,
        raw=options.convert == "F",
        max_pixels=options.max_pixels,
        strict=options.strict,
    )
    return images.convert(image, options.convert) if options.convert else image


def _check_complete(image: Image, target: Path | IO[bytes], options: FileOptions) -> None:
    """Raise ImageError for an input that is to be replaced and of which something was lost in reading."""
    lost = image.losses + (() if options.strip else image.left_out)
    if options.complete and lost:
        raise ImageError(f"{target} is not overwritten: {lost[0]}; write to another file")


def _write(target: Path | IO[bytes], result: Image, format: Format, options: FileOptions, coded: bytes) -> Written:
    return images.write(
        target,
        result,
        format=format,
        options=options.options,
        clobber=options.clobber,
        software=_software(options),
        complete=options.complete,
        coded=coded,
    )


def _transcoded(
    filters: Sequence[Filter], source: Path | IO[bytes], format: Format, options: FileOptions, transcode: Transcode
) -> tuple[Image, Image, bytes] | None:
    """Return the input and the result, both without values of pixels, and the JPEG of the result; None if not so."""
    as_usual = options.convert or options.linear or options.strict or options.frame or options.options.progressive
    if format.name != "JPEG" or as_usual or options.depth not in (None, "8") or not isinstance(source, Path):
        return None
    from imgcuda.images.coded import coded_jpeg  # for a device's own decoder alone

    given = coded_jpeg(source, several=format.several, auto_orient=options.auto_orient, max_pixels=options.max_pixels)
    if given is None:
        return None
    _check_sizes(given.image, filters, options.max_pixels)
    made = transcode(given.data, given.channels, options.options.quality or images.JPEG_QUALITY)
    if made is None:
        return None
    coded, shape = made
    return given.image, given.image.filtered([images.without_memory(shape)]), coded


def filter_frames(
    image: Image, filters: Sequence[Filter], options: FileOptions, apply: Apply, examine: Examine | None = None
) -> Image:
    """Return an image filtered, frame by frame. More bits are used from the start, fewer only for the result."""
    _check_sizes(image, filters, options.max_pixels)
    if options.depth and images.is_deeper(options.depth, image.pixels.dtype):
        image = images.at_depth(image, options.depth)
    made: list[npt.NDArray[Any]] = []
    pixels_made = 0
    for frame in image.frames:
        light = _light(frame) if options.linear else None
        given = light.linear() if light else frame.pixels
        pixels = apply(given)
        made.append(light.encoded(pixels) if light else pixels.copy() if image.later else pixels)
        pixels_made += made[-1].shape[0] * made[-1].shape[1]
        _check_total(image, pixels_made, options.max_pixels)
    if examine:
        examine(filters, given)
    done = image.filtered(made)
    return images.at_depth(done, options.depth) if options.depth else done


def _light(frame: Image) -> Light:
    from imgcuda.images.linear import Light  # few ask for it

    return Light(frame.icc, frame.pixels)


def _check_sizes(image: Image, filters: Sequence[Filter], most: int) -> None:
    """Raise ImageError if all frames of the result together have more pixels than --max-pixels."""
    made = sum(allow(filters, frame.pixels.shape[1], frame.pixels.shape[0], most) for frame in image.frames)
    _check_total(image, made, most)


def _check_total(image: Image, made: int, most: int) -> None:
    if made > most:
        raise ImageError(
            f"{len(image.frames)} pictures would have {made:,} pixels, more than {most:,}; --max-pixels allows more"
        )


def _colors_left_out(image: Image, options: FileOptions) -> Iterator[str]:
    """Report a color profile that --strip removes, without which the colors look different."""
    if options.strip and image.icc and "sRGB" not in images.profile_name(image.icc):
        yield f"without its color profile ({images.profile_name(image.icc)}) its colors look different"
    if options.strip and not image.icc and (other := images.other_than_srgb(image.color)):
        yield f"without what it says of its colors ({other}) they look different"
