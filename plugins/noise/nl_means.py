"""Non-local means: removes noise by averaging pixels whose surroundings look alike."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param

ROOM = 14
"""The largest sum of both radii, for which a block's shared memory has room."""

WIDTHS = {1: 128, 2: 64, 3: 64, 4: 32}
"""The pixels in a row that a block makes, by channels."""


class NlMeans(NeighborhoodFilter):
    """Remove noise: average each pixel with nearby pixels whose surroundings look alike.

    A pixel's weight is exp(-d / h^2), where d is the mean of the squared differences between the square around it and
    the square around the pixel that is made, over all channels (Buades, Coll and Morel, A non-local algorithm for image
    denoising, 2005). That is OpenCV's fastNlMeansDenoising, but with weights that are not rounded. All channels count
    together, in RGB; OpenCV's "colored" takes those of Lab apart. Alpha counts as a channel.
    """

    only_launches = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "non-local-means": {},
        "denoise-nl-means": {},
        "fast-nl-means-denoising": {},
        "nlmeans": {},
    }

    h: float = param(
        default=0.1,
        ge=0.001,
        le=10,
        help="how different squares may be and still count: about the noise's standard deviation, where 1 is as black"
        " and white differ (OpenCV's is 255 times that)",
    )
    template_radius: int = param(
        default=3, ge=0, le=4, help="pixels from the middle of the squares that are compared to their sides: 3 is 7x7"
    )
    search_radius: int = param(
        default=10, ge=1, le=10, help="how many pixels away others are looked for, in both directions: 10 is 21x21"
    )

    @property
    def halo(self) -> int:
        return self.template_radius + self.search_radius

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        samples = image.channels * (2 * self.template_radius + 1) ** 2
        by_distance = -1 / (log(2) * samples * self.h**2)
        sizes = {"TEMPLATE": self.template_radius, "SEARCH": self.search_radius}
        width = WIDTHS[image.channels]
        return gpu.launch(
            "nl_means",
            image,
            by_distance,
            *sizes.values(),
            constants={"ROOM": ROOM},
            gpu_constants=sizes,
            layout=Layout(block=(width, 4), rows=2, cpu=Layout(block=(width, 1), rows=8)),
        )
