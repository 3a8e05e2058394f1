"""What the pixels of a GPU's JPEG codecs differ by from libjpeg's: `python benchmarks/codec_pixels.py`.

The sample pictures, as JPEGs of several qualities and chroma samplings, decoded by both; and encoded by both, with both
results decoded by libjpeg and compared with the pixels that were encoded. Then the time of each, one after the other.
"""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL.Image
import simplejpeg

from imgcuda import devices

SAMPLES = sorted((Path(__file__).parents[1] / "sample_images").glob("*.[jp][pn]g"))


def main() -> None:
    """Compare, and print tables."""
    device = devices.choose("cuda")
    with device.session() as session:
        coder = device.jpeg_coder()
        assert coder, devices.no_codecs(device)

        def decoded(data: bytes) -> npt.NDArray[np.uint8]:
            (made,) = coder.decode([np.frombuffer(data, np.uint8)], 3)
            assert made
            return session.download(made)

        print("| decoding | most | mean | beyond 1 level | beyond 4 |\n|---|---|---|---|---|")
        for sampling in ("4:4:4", "4:2:2", "4:2:0"):
            for quality in (75, 90, 98):
                found = [difference(decoded(data), by_libjpeg(data)) for data in jpegs(quality, sampling)]
                print(f"| quality {quality}, {sampling} | {told(found)} |", flush=True)
        print("\n| encoding | most | mean | beyond 1 level | beyond 4 | bytes |\n|---|---|---|---|---|---|")
        for quality in (75, 90, 98):
            for name in ("GPU", "libjpeg"):
                found, size = [], 0
                for pixels in pictures():
                    made = coder.encode(session.upload(pixels), quality) if name == "GPU" else None
                    data = encoded(pixels, quality, "4:2:0") if made is None else made.tobytes()
                    found.append(difference(by_libjpeg(data), pixels))
                    size += len(data)
                print(f"| quality {quality}, {name}, against what was encoded | {told(found)} | {size:,} |", flush=True)
        large = np.tile(pictures()[0], (6, 8, 1))[:2160, :3840]
        data = encoded(np.ascontiguousarray(large), 90, "4:2:0")
        on_device = session.upload(np.ascontiguousarray(large))
        for name, run in {
            "decode 4K, GPU": lambda: decoded(data),
            "decode 4K, GPU, left there": lambda: coder.decode([np.frombuffer(data, np.uint8)], 3),
            "decode 4K, libjpeg": lambda: by_libjpeg(data),
            "encode 4K, GPU": lambda: coder.encode(on_device, 90),
        }.items():
            print(f"{name}: {best(run):.2f} ms", flush=True)


def pictures() -> list[npt.NDArray[np.uint8]]:
    """Return the color samples."""
    opened = [PIL.Image.open(path) for path in SAMPLES]
    return [np.asarray(image) for image in opened if image.mode == "RGB"]


def encoded(pixels: npt.NDArray[np.uint8], quality: int, sampling: str) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=sampling)
    return buffer.getvalue()


def jpegs(quality: int, sampling: str) -> list[bytes]:
    return [encoded(pixels, quality, sampling) for pixels in pictures()]


def by_libjpeg(data: bytes) -> npt.NDArray[np.uint8]:
    found: npt.NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "RGB", fastdct=False, fastupsample=False)
    return found


def difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    found: npt.NDArray[np.int16] = np.abs(one.astype(np.int16) - other).ravel()
    return found


def told(found: list[npt.NDArray[np.int16]]) -> str:
    """Return the cells of a table for differences."""
    every = np.concatenate(found)
    return f"{every.max()} | {every.mean():.3f} | {(every > 1).mean():.2%} | {(every > 4).mean():.3%}"


def best(run: object) -> float:
    """Return the least milliseconds of a call."""
    assert callable(run)
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - begun))
    return min(times)


if __name__ == "__main__":
    main()
