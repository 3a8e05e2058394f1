"""The encoders of videos: their names in FFmpeg, their scales of quality, and the layouts of pixels that they take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import av

from imgcuda.errors import ImageError, ParameterError
from imgcuda.video.containers import Container

if TYPE_CHECKING:
    from av.video.format import VideoFormat

QUALITY = 65
"""The quality of a video where none is asked for: CRF 18 of x264, at which most eyes see no difference."""


@dataclass(frozen=True)
class Encoder:
    """One of FFmpeg's encoders, with its options."""

    name: str
    """FFmpeg's name for it."""
    worst: int = 0
    """The CRF (constant rate factor) of the worst quality; that of the best is 0. Without one, nothing is lost."""
    options: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that keep it from printing, where the user has not set them."""


ENCODERS = {
    "h264": Encoder("libx264", 51),
    "hevc": Encoder("libx265", 51, {"x265-params": "log-level=none"}),
    "vp9": Encoder("libvpx-vp9", 63, {"b": "0", "row-mt": "1", "cpu-used": "4"}),
    "av1": Encoder("libsvtav1", 63, environment={"SVT_LOG": "1"}),
    "ffv1": Encoder("ffv1", options={"level": "3", "slices": "4", "slicecrc": "1"}),
}
"""The codecs that are written, by the names that --codec takes."""


def encoder(container: Container, codec: str | None, quality: int | None, deep: bool) -> Encoder:
    """Return the encoder of a codec, or of the container's own for more than 8 bits if `deep`.

    ParameterError for a codec that the container does not hold, and for a quality that the codec does not have.
    """
    codec = container.codec(codec, deep)
    found = ENCODERS[codec]
    for variable, value in found.environment.items():
        os.environ.setdefault(variable, value)
    if found.worst:
        factor = round((100 - (quality or QUALITY)) * found.worst / 100)
        return replace(found, options={**found.options, "crf": str(factor)})
    if quality is not None:
        raise ParameterError(f"{codec} loses nothing, so there is no --quality to choose")
    return found


def pixel_format(encoder: Encoder, given: VideoFormat, deep: bool) -> str:
    """Return FFmpeg's name for the layout of pixels to encode: as much color and depth of the input as there can be."""
    formats = [each.name for each in av.Codec(encoder.name, "w").video_formats or ()]
    if not encoder.worst:
        return "gbrp16le" if deep else "bgr0"
    bits = given.components[0].bits if given.components else 8
    depths = (["12le"] * (bits > 10) + ["10le"]) if deep else [""]
    colors = [_subsampling(given), "420"]
    for name in (f"yuv{color}p{depth}" for depth in depths for color in colors):
        if name in formats:
            return name
    raise ImageError(f"{encoder.name} encodes 8 bits only; choose another --codec, or --depth 8")


def _subsampling(given: VideoFormat) -> str:
    """Return how many samples of color the input has, as names of formats have it: "420", "422" or "444"."""
    if given.is_rgb or len(given.components) < 3:
        return "420"
    halved = given.chroma_width(16) == 8, given.chroma_height(16) == 8
    return {(True, False): "422", (False, False): "444"}.get(halved, "420")


def check_size(width: int, height: int, format: str) -> None:
    """Raise ImageError for a size whose colors cannot be halved."""
    halved = {"420": (2, 2), "422": (2, 1)}.get(format[3:6], (1, 1))
    if width % halved[0] or height % halved[1]:
        even = (width + width % halved[0], height + height % halved[1])
        raise ImageError(
            f"its frames would have {width}x{height} pixels, and {format} halves the sides of its colors, which must "
            f"be even; add a resize, as -f resize:width={even[0]},height={even[1]}, or write .mkv with --codec ffv1"
        )
