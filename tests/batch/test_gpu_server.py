"""Batches on a GPU: what a fault costs there, and JPEGs that it decodes and encodes itself."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import tifffile

from imgcuda.images import read
from support.installation import Installation

_SOURCE = """
    from imgcuda import NeighborhoodFilter, hookimpl

    class Fault(NeighborhoodFilter):
        '''Write to no array, or never end, with images of some widths.'''
        halo = 0

        def run(self, gpu, image):
            return gpu.launch("fault", image)

    @hookimpl
    def imgcuda_filters():
        return [Fault]
"""

_KERNEL = """
__global__ void fault(const pixel *src, pixel *dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    volatile int *nowhere = (volatile int *) 0;
    if (width == 33) *nowhere = 1;
    while (width == 36 && clock() != 0) { }
    for (int c = 0; c < CHANNELS; c++)
        dst[(y * width + x) * CHANNELS + c] = src[(y * width + x) * CHANNELS + c];
}
"""

SAMPLES = Path(__file__).parents[2] / "sample_images"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("fault"))
    made.add(_SOURCE, distribution="fault", modules="fault")
    made.variables["PYTHONPATH"] += os.pathsep + os.environ.get("PYTHONPATH", "")
    (made.folder / "fault.cu").write_text(_KERNEL, "utf-8")
    return made


def noise(path: Path, width: int) -> Path:
    PIL.Image.fromarray(np.random.default_rng(width).integers(0, 256, (20, width, 3), np.uint8)).save(path)
    return path


def test_a_kernel_that_faults_or_hangs_costs_its_own_file(gpu: str, installation: Installation, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(20):
        noise(folder / f"good-{number}.png", 40 + number)
    wrong, hanging = noise(folder / "a-wrong.png", 33), noise(folder / "b-hanging.png", 36)
    done = installation.run("batch", folder, "-o", out, "-f", "fault", "--device", gpu, "--timeout", "15")
    errors = sorted(line for line in done.stderr.splitlines() if line.startswith("Error: "))
    assert len(errors) == 2, done.stderr
    assert str(wrong) in errors[0]
    assert "CUDA can be used again in a new process only" in errors[0] or "illegal" in errors[0]
    assert errors[1] == f"Error: {hanging}: it took longer than 15 s, and nothing was written"
    assert len(list(out.glob("good-*.png"))) == 20


def test_a_large_tiff_runs_in_strips_in_its_worker(gpu: str, installation: Installation, tmp_path: Path) -> None:
    """Its pixels alone take more than the workers may."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    pixels = tifffile.memmap(folder / "large.tif", shape=(9_000, 10_000, 3), dtype=np.uint8, photometric="rgb")
    pixels[-1] = 1
    pixels.flush()
    for number in range(3):
        noise(folder / f"small-{number}.png", 40 + number)
    done = installation.run("batch", folder, "-o", out, "-f", "invert", "--device", gpu, "--memory", "700M")
    assert (done.returncode, done.stderr.count("Error")) == (0, 0), done.stderr
    assert np.array_equal(tifffile.memmap(out / "large.tif", mode="r")[-2:, :1, 0], [[255], [254]])
    assert len(list(out.glob("small-*.png"))) == 3


def unmarked(exif: bytes | None) -> bytes | None:
    """Return EXIF without the checksum of the picture that we mark it with."""
    return exif and re.sub(rb"#[0-9a-f]{8}", b"#", exif)


def test_jpegs_by_the_gpu_differ_by_levels_and_keep_metadata(
    gpu: str, installation: Installation, tmp_path: Path
) -> None:
    pytest.importorskip("nvidia.nvimgcodec", reason="nvImageCodec is not installed: pip install 'imgcuda[codecs]'")
    folder = tmp_path / "in"
    folder.mkdir()
    for number, mode in enumerate(["RGB", "L", "RGB"]):
        image = PIL.Image.open(SAMPLES / "astronaut.png").convert(mode)
        exif = image.getexif()
        exif[0x010F] = "Maker"
        exif[0x0112] = 6 if number == 2 else 1  # the third is turned, and goes the usual way
        image.save(folder / f"{number}.jpg", quality=95, exif=exif, dpi=(300, 300), comment="a word")
    for codecs in ("cpu", "gpu"):
        work = ("-f", "blur:sigma=1", "--device", gpu, "--codecs", codecs)
        done = installation.run("batch", folder, "-o", tmp_path / codecs, *work)
        assert done.returncode == 0, done.stderr
    for number in range(3):
        usual, by_gpu = (read(tmp_path / codecs / f"{number}.jpg") for codecs in ("cpu", "gpu"))
        assert (unmarked(by_gpu.exif), by_gpu.dpi, by_gpu.text) == (unmarked(usual.exif), usual.dpi, usual.text)
        difference = np.abs(usual.pixels.astype(int) - by_gpu.pixels)
        assert difference.mean() < 1.5
        assert difference.max() < 32
        same = (tmp_path / "cpu" / f"{number}.jpg").read_bytes() == (tmp_path / "gpu" / f"{number}.jpg").read_bytes()
        assert same == (number == 2)


def test_codecs_of_a_gpu_are_refused_without_one(installation: Installation, tmp_path: Path) -> None:
    source = noise(tmp_path / "in.png", 50)
    done = installation.run("batch", source, "-o", tmp_path / "out", "--device", "cpu", "--codecs", "gpu")
    assert done.returncode == 1
    assert done.stderr == "Error: --codecs gpu: cpu has no codecs of its own: they are of GPUs\n"
