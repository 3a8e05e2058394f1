"""Sources that grow along one dimension: each is compiled or refused within seconds, in a sentence with a line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

HEAD = "__global__ void k(const float *src, float *dst, int width, int height) {\nint x = threadIdx.x;\n"

COMPILING = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
import numpy as np
from imgcuda.cpu import compile
from imgcuda.errors import KernelError
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program
before = resource.getrusage(resource.RUSAGE_SELF)
try:
    compile.compile(Program("bomb.cu", sys.stdin.read(), np.dtype(np.uint8)), "k", Dim3(64))
    said = "compiled"
except KernelError as error:
    said = str(error)
after = resource.getrusage(resource.RUSAGE_SELF)
status = open("/proc/self/status").read()  # ru_maxrss knows of the process that started this one, too
peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak)
print(said)
"""


def body(text: str) -> str:
    return f"{HEAD}{text}}}"


def many(made: Callable[[int], str], count: int) -> str:
    return "".join(map(made, range(count)))


BOMBS = {
    "nested sines": body(f"dst[x] = {'sinf(' * 900}src[x]{')' * 900};"),
    "powers": body(f"float v = src[x]; {'v = powf(v, 1.5f);' * 900} dst[x] = v;"),
    "powers of doubles": body(f"double v = src[x]; {'v = pow(v, 1.5);' * 900} dst[x] = v;"),
    "unrolled powers": body(
        "float s = src[x];\n" + "#pragma unroll\nfor (int i = 0; i < 64; i++) s = powf(s, 1.1f);\n" * 20 + "dst[x] = s;"
    ),
    "typedefs": "typedef float t0;\n" + many(lambda i: f"typedef t{i} t{i + 1};\n", 20_000) + body("dst[x] = 1;"),
    "barriers": body("__syncthreads();\n" * 1000 + "dst[x] = 1;"),
    "statements between barriers": body(
        "__shared__ float t[64];\n"
        + many(lambda i: f"float v{i} = src[x]; t[x] = v{i}; __syncthreads(); dst[x] = t[63 - x];\n", 1000)
    ),
    "sums": body("float v = src[x];\n" + many(lambda i: f"v = v * {i}.5f + src[x + {i}];\n", 8000) + "dst[x] = v;"),
    "branches": body("float v = 1;\n" + many(lambda i: f"if (v > {i}) v *= src[x + {i}];\n", 3000) + "dst[x] = v;"),
    "nested branches": body(many(lambda i: f"if (src[x + {i}] > {i}) {{\n", 1000) + "dst[x] = 1;" + "}" * 1000),
    "nested loops": body("for (int i = 0; i < width; i++)\n" * 300 + "dst[x] += i;"),
    "nested blocks": body("{" * 5000 + "dst[x] = 1;" + "}" * 5000),
    "functions": many(lambda i: f"__device__ int f{i}() {{ return {i}; }}\n", 5000) + body("dst[x] = f4999();"),
    "calls of calls": many(
        lambda i: f"__device__ float f{i}(float x) {{ return {f'f{i - 1}(x)' if i else 'x'} + 1; }}\n", 1000
    )
    + body("dst[x] = f999(src[x]);"),
    "arguments": f"__device__ float f({','.join(f'float a{i}' for i in range(5000))}) {{ return a7; }}\n"
    + body(f"dst[x] = f({','.join(['src[x]'] * 5000)});"),
    "structures": many(lambda i: f"struct s{i} {{ int a; }};\n", 5000) + body("s5 v; v.a = 1; dst[x] = v.a;"),
    "enumerators": "enum e {" + many(lambda i: f"a{i},", 50_000) + "z};\n" + body("dst[x] = z;"),
    "macros of macros": "#define a0 1\n" + many(lambda i: f"#define a{i + 1} a{i}\n", 5000) + body("dst[x] = a5000;"),
    "nested #if": "#if 1\n" * 20_000 + "#endif\n" * 20_000 + body("dst[x] = 1;"),
    "a long string": body(f'const char *s = "{"a" * 5_000_000}"; dst[x] = 1;'),
    "a table": "__constant__ float t[] = {" + many(lambda i: f"{i}.5f,", 100_000) + "};\n" + body("dst[x] = t[x];"),
    "pointers to pointers": body(f"float {'*' * 1000}p; dst[x] = 1;"),
    "labels": body("switch (width) {" + many(lambda i: f"case {i}:\n", 20_000) + "dst[x] = 1; }"),
    "cases": body("switch (width) {" + many(lambda i: f"case {i}: dst[x] = {i}; break;\n", 10_000) + "}"),
    "sections of several switches": body(
        ("switch (width) {" + many(lambda i: f"case {i}: dst[x] = {i};\n", 900) + "}\n") * 4
    ),
    "uniform branches": body(
        "float v = 0;" + many(lambda i: f"if (width > {i}) v = {i} + src[x];\n", 1700) + "dst[x] = v;"
    ),
    "loops": body(many(lambda i: f"for (int i = 0; i < width; i++) dst[x] += {i};\n", 300)),
    "a chain of variables": body(
        many(lambda i: f"int v{i} = 0;\n", 300)
        + f"for (int i = 0; i < width; i++) {{ {many(lambda i: f'v{i} = v{i + 1};', 299)} v299 = (int)src[x]; }}\n"
        + "dst[x] = v0;"
    ),
    "unknown functions": body(many(lambda i: f"dst[x] = unknown{i}(x);\n", 20_000)),
    "atomics": body(many(lambda i: f"atomicAdd((int *)dst + (int)src[x] + {i}, 1);\n", 1000)),
    "unknown names": body(many(lambda i: f"dst[x] = unknown{i};\n", 3000)),
    "divergent loops": body(many(lambda i: f"for (int i = 0; i < src[x]; i++) dst[x] += src[i + {i}];\n", 500)),
}


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in another unit elsewhere")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_compiled_or_refused_within_seconds(name: str) -> None:
    command = [sys.executable, "-c", COMPILING]
    ran = subprocess.run(command, input=BOMBS[name], capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr[-500:]
    numbers, _, said = ran.stdout.partition("\n")
    seconds, megabytes = map(float, numbers.split())
    assert seconds < 7
    assert megabytes < 1024
    assert said.startswith("compiled") or said.startswith("bomb.cu:")
    assert "mistake of imgcuda" not in said
