"""Linked code: it runs as LLVM's own loader would run it, and without LLVM."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest

from imgcuda.cpu import compile
from imgcuda.cpu.executable import Executable
from imgcuda.cpu.linker import LinkedCode, link
from imgcuda.cpu.machine import Machine
from support.small_kernels import dim3, launch, program, values

NATIVE = pytest.mark.skipif(sys.platform != "linux", reason="other systems have object files that LLVM loads")
ARM = "aarch64-unknown-linux-gnu"

TABLE = """
@numbers = internal constant [4 x i32] [i32 3, i32 5, i32 7, i32 9], align 16
@places = internal constant [2 x ptr] [ptr @numbers, ptr getelementptr (i8, ptr @numbers, i64 8)]
@count = internal global i32 40
define internal i32 @second(i32 %which) noinline {
  %place = getelementptr [2 x ptr], ptr @places, i32 0, i32 %which
  %number = load ptr, ptr %place
  %value = load i32, ptr %number
  ret i32 %value
}
define i32 @entry(i32 %which) {
  %value = call i32 @second(i32 %which)
  %before = load i32, ptr @count
  %after = add i32 %before, %value
  store i32 %after, ptr @count
  ret i32 %after
}
"""


def object_file(text: str, triple: str = "") -> bytes:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    triple = triple or llvm.get_default_triple()
    module = llvm.parse_assembly(f'target triple = "{triple}"\n{text}', llvm.create_context())
    target = llvm.Target.from_triple(triple).create_target_machine(reloc="pic", codemodel="small")
    return bytes(target.emit_object(module))


@NATIVE
def test_code_reads_tables_of_addresses_and_writes_variables() -> None:
    image = link(object_file(TABLE))
    assert image is not None
    made = Executable(image)
    entry = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(made.address("entry"))
    assert [entry(0), entry(1), entry(1)] == [43, 50, 57]


@NATIVE
def test_each_image_in_memory_has_variables_of_its_own() -> None:
    image = link(object_file(TABLE))
    assert image is not None
    first, second = Executable(image), Executable(image)
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
    assert [kind(first.address("entry"))(0), kind(second.address("entry"))(0)] == [43, 43]


@NATIVE
def test_code_calls_functions_of_the_c_library() -> None:
    text = """
    declare i32 @abs(i32)
    declare i64 @strlen(ptr)
    @word = internal constant [6 x i8] c"seven\\00"
    define i32 @entry(i32 %x) {
      %positive = call i32 @abs(i32 %x)
      %length = call i64 @strlen(ptr @word)
      %short = trunc i64 %length to i32
      %sum = add i32 %positive, %short
      ret i32 %sum
    }"""
    image = link(object_file(text))
    assert image is not None
    assert {address.symbol for address in image.addresses} >= {"abs", "strlen"}
    made = Executable(image)
    assert ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(made.address("entry"))(-12) == 17


@NATIVE
def test_code_cannot_be_written_once_it_can_be_run() -> None:
    image = link(object_file(TABLE))
    assert image is not None
    made = Executable(image)
    maps = Path("/proc/self/maps").read_text("utf-8").split("\n")
    ranges = [line.split() for line in maps if line]
    (rights,) = (each[1] for each in ranges if _holds(each[0], made.address("entry")))
    assert rights.startswith("r-x")


def _holds(pages: str, address: int) -> bool:
    first, end = (int(each, 16) for each in pages.split("-"))
    return first <= address < end


@NATIVE
def test_kernels_are_linked() -> None:
    source = "__global__ void k(int *out) { out[threadIdx.x] = threadIdx.x; }"
    kernel = compile.to_llvm(program(source), "k", dim3(8))
    assert isinstance(compile.to_machine_code(kernel, Machine.host()), LinkedCode)


def test_arm_instructions_are_given_their_distances() -> None:
    image = link(object_file(TABLE, ARM))
    assert image is not None
    words = [word for (word,) in struct.iter_unpack("<I", image.data[: image.code])]
    pages = [(at, word) for at, word in enumerate(words) if word & 0x9F000000 == 0x90000000]  # adrp
    calls = [(at, word) for at, word in enumerate(words) if word & 0xFC000000 == 0x94000000]  # bl
    data = range(image.code, len(image.data))
    assert pages
    assert all((4 * at & ~0xFFF) + 4096 * _distance(word >> 5 & 0x7FFFF, word >> 29 & 3) in data for at, word in pages)
    assert [at + (word & 0x3FFFFFF) - (word >> 25 & 1) * (1 << 26) for at, word in calls] == [0]  # `second` is first


def _distance(high: int, low: int) -> int:
    return (high << 2 | low) - (1 << 21) * (high >> 18)


@pytest.mark.parametrize("binary", [b"", b"MZ", b"\x7fELF\x01\x01" + bytes(58)])
def test_other_files_are_left_to_llvm(binary: bytes) -> None:
    assert link(binary) is None


def test_what_is_not_linked_is_loaded_by_llvm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile, "link", lambda binary: None)
    out = np.zeros(32, np.int32)
    launch("__global__ void k(int *out) { out[threadIdx.x] = 3 * threadIdx.x + 987; }", out)
    assert (out == 3 * np.arange(32) + 987).all()


def test_a_kernel_may_clear_a_large_array_of_its_own() -> None:
    body = "float own[600]; for (int i = 0; i < 600; i++) own[i] = 0.0f; own[x] = 2.5f; out[x] = own[x] + own[x + 1];"
    assert (values(body, "float") == 2.5).all()


@NATIVE
def test_a_kernel_from_the_cache_is_run_without_llvm(tmp_path: Path) -> None:
    code = """if True:
        import sys, imgcuda, numpy
        imgcuda.apply(numpy.zeros((5, 5, 3), numpy.uint8), "blur", sigma=1, device="cpu")
        print("llvmlite" in sys.modules)
    """
    environment = {**os.environ, "IMGCUDA_CACHE": str(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120
        ).stdout
        for _ in range(2)
    ]
    assert said == ["True\n", "False\n"]
