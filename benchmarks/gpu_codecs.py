"""The GPU's JPEG codecs alone: `python benchmarks/gpu_codecs.py [--size 3840x2160] [--count 256]`.

Decoding and encoding of JPEGs in memory by nvImageCodec, with no file and no filter: in batches, by several threads
with a coder each, with images that are used again, and by one kind of decoder alone. Each line tells the time of an
image.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import batch
import cv2
from nvidia import nvimgcodec

Coder = Callable[[list[bytes]], Any]
"""Decodes or encodes a batch."""


def main() -> None:
    """Measure, and print a line for each way."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", default="3840x2160")
    arguments.add_argument("--count", type=int, default=256)
    asked = arguments.parse_args()
    width, height = map(int, asked.size.split("x"))
    files = [_encoded(width, height, seed) for seed in range(8)]
    data = [files[number % 8] for number in range(asked.count)]
    print(f"{asked.size}, {sum(map(len, files)) / 8e6:.2f} MB each; ms an image")
    for each in (1, 8, 32):
        for threads in (1, 2, 4, 16):
            if each * threads <= 64:
                _tell(f"decode, batches of {each}, {threads} threads", data, each, threads, Decoding)
    _tell("decode, batches of 32, 1 thread, images used again", data, 32, 1, DecodingAgain)
    for name in ("HW_GPU_ONLY", "HYBRID_CPU_GPU", "GPU_ONLY"):
        kind = getattr(nvimgcodec.BackendKind, name)
        _tell(f"decode, batches of 32, 1 thread, {name}", data, 32, 1, partial(Decoding, kind))
    for each, threads in ((1, 1), (8, 1), (32, 1), (1, 4), (1, 16), (8, 4)):
        _tell(f"encode, batches of {each}, {threads} threads", data, each, threads, lambda: Encoding(files[0]))


def _encoded(width: int, height: int, seed: int) -> bytes:
    made = cv2.imencode(".jpg", batch.photograph(width, height, seed), [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return bytes(made.tobytes())


class Decoding:
    """One thread's decoder."""

    def __init__(self, kind: Any = None) -> None:
        backends = None if kind is None else [nvimgcodec.Backend(kind)]
        self.decoder = nvimgcodec.Decoder(max_num_cpu_threads=4, backends=backends, options=":fancy_upsampling=1")

    def __call__(self, part: list[bytes]) -> Any:
        streams = [nvimgcodec.CodeStream(data) for data in part]
        made = self.decoder.decode(streams) if len(part) > 1 else [self.decoder.decode(streams[0])]
        assert all(each is not None for each in made), "some were not decoded"
        return made


class DecodingAgain(Decoding):
    """One thread's decoder, which decodes into the images of the last batch."""

    def __init__(self) -> None:
        super().__init__()
        self.images: Any = None

    def __call__(self, part: list[bytes]) -> Any:
        streams = [nvimgcodec.CodeStream(data) for data in part]
        self.images = self.decoder.decode(streams, images=self.images)
        return self.images


class Encoding:
    """One thread's encoder, and an image on the GPU."""

    def __init__(self, data: bytes) -> None:
        self.encoder = nvimgcodec.Encoder(max_num_cpu_threads=4)
        self.image = nvimgcodec.Decoder().decode(nvimgcodec.CodeStream(data))

    def __call__(self, part: list[bytes]) -> Any:
        params = nvimgcodec.EncodeParams(quality_type=nvimgcodec.QualityType.QUALITY, quality_value=90)
        images = [self.image] * len(part)
        return [bytes(each) for each in self.encoder.encode(images, "jpeg", params=params)]


def _tell(name: str, data: list[bytes], each: int, threads: int, make: Callable[[], Coder]) -> None:
    """Measure and print; the first batch of each thread does not count."""
    try:
        begun = time.perf_counter()
        coders = [make() for _ in range(threads)]
        made = 1000 * (time.perf_counter() - begun) / threads
        for coder in coders:
            coder(data[:each])
        print(f"{name}: {_run(coders, data, each):.2f} (a coder takes {made:.0f} to make)", flush=True)
    except Exception as error:  # a way that this machine does not have
        print(f"{name}: {error!r}"[:200], flush=True)


def _run(coders: list[Coder], data: list[bytes], each: int) -> float:
    """Return the milliseconds of an image."""
    parts = [data[start : start + each] for start in range(0, len(data), each)]
    shares = [parts[number :: len(coders)] for number in range(len(coders))]
    working = [
        threading.Thread(target=lambda coder=coder, share=share: [coder(part) for part in share])
        for coder, share in zip(coders, shares, strict=True)
    ]
    begun = time.perf_counter()
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    return 1000 * (time.perf_counter() - begun) / len(data)


if __name__ == "__main__":
    main()
