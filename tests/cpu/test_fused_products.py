"""Which product a sum is fused with: the rule of docs/cpu-math.md, in every copy of a statement."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu import session
from imgcuda.cpu.machine import Machine
from imgcuda.programs.layout import Dim3
from support.small_kernels import run_exactly

pytestmark = pytest.mark.skipif(
    "+sse2" in Machine.host().features and "+fma" not in Machine.host().features,
    reason="this processor has no fused multiply-add",
)

Floats = npt.NDArray[Any]

ROUNDED = "__fmul_rn(c, d)"
RULES: list[tuple[str, str]] = [
    # ---- one product
    ("a * b + c", "fmaf(a, b, c)"),
    ("c + a * b", "fmaf(a, b, c)"),
    ("a * b - c", "fmaf(a, b, -c)"),
    ("c - a * b", "fmaf(-a, b, c)"),
    ("-(a * b) + c", "fmaf(-a, b, c)"),
    ("c - -(a * b)", "fmaf(a, b, c)"),
    ("(a * b) + 1", "fmaf(a, b, 1.0f)"),
    ("a * b * c + d", "fmaf(__fmul_rn(a, b), c, d)"),
    ("-(a * b + c)", "-fmaf(a, b, c)"),
    ("d * (a * b + c)", "__fmul_rn(d, fmaf(a, b, c))"),
    # ---- of two products the left one is fused
    ("a * b + c * d", f"fmaf(a, b, {ROUNDED})"),
    ("a * b - c * d", f"fmaf(a, b, -{ROUNDED})"),
    ("a * b + c * d + a * d", f"fmaf(a, d, fmaf(a, b, {ROUNDED}))"),
    ("(a + b) + c * d", "fmaf(c, d, __fadd_rn(a, b))"),
    # ---- a factor of one is none
    ("1.0f * a + c * d", "fmaf(c, d, a)"),
    ("a * b + 1.0f * c", "fmaf(a, b, c)"),
    # ---- through a function, and through variables that keep their first value
    ("square(a) + square(b)", "fmaf(a, a, __fmul_rn(b, b))"),
    ("float m = a * b; out[x] = m + c;", "fmaf(a, b, c)"),
    ("float m = a * b; out[x] = (m + c) * m;", "__fmul_rn(fmaf(a, b, c), __fmul_rn(a, b))"),
    ("sum(a * b, c)", "fmaf(a, b, c)"),
    # ---- what a variable, an array or a structure was set to is no product any more
    ("float m = c; m = a * b; out[x] = m + d;", "__fadd_rn(__fmul_rn(a, b), d)"),
    ("float m[1]; m[0] = a * b; out[x] = m[0] + d;", "__fadd_rn(__fmul_rn(a, b), d)"),
    ("pair m; m.x = a * b; out[x] = m.x + d;", "__fadd_rn(__fmul_rn(a, b), d)"),
    ("(a > 0.0f ? a * b : c) + d", "__fadd_rn(a > 0.0f ? __fmul_rn(a, b) : c, d)"),
    ("float m = c; m += a * b; out[x] = m;", "fmaf(a, b, c)"),
    ("float m = c; for (int i = 0; i < 3; i++) m += a * b; out[x] = m;", "fmaf(a, b, fmaf(a, b, fmaf(a, b, c)))"),
    # ---- what is uniform is treated alike
    ("k * k + a", "fmaf(k, k, a)"),
    ("k * a + k", "fmaf(k, a, k)"),
    ("k * k + k", "fmaf(k, k, k)"),
    # ---- explicitly rounded
    ("__fmul_rn(a, b) + c", "__fadd_rn(__fmul_rn(a, b), c)"),
    ("__fadd_rn(a * b, c)", "__fadd_rn(__fmul_rn(a, b), c)"),
    # ---- doubles
    ("(double)a * b + c", "(float)fma((double)a, (double)b, (double)c)"),
    ("(float)((double)a * b) + c", "__fadd_rn((float)((double)a * b), c)"),
]

KERNEL = """
struct pair {{ float x, y; }};
__device__ float square(float v) {{ return v * v; }}
__device__ float sum(float v, float w) {{ return v + w; }}
__global__ void k(float *out, const float *in, float k, int n)
{{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    float a = in[x], b = in[x + 128], c = in[x + 256], d = in[x + 384];
    if (x >= n) return;
    {}
}}
"""


def computed(*bodies: str, count: int = 128, **how: Any) -> Floats:
    """Return what so many threads make of random numbers: a row for each body or expression."""
    statements = (body if ";" in body else f"out[x] = {body};" for body in bodies)
    text = " ".join(f"{{ {each} }} out += 128;" for each in statements)
    given = np.random.default_rng(3).standard_normal(512).astype(np.float32)
    out = np.zeros((len(bodies), 128), np.float32)
    arguments = [session.as_device_array(out), session.as_device_array(given), np.float32(1.1), np.int32(count)]
    run_exactly(KERNEL.format(text), arguments, "k", Dim3(2), Dim3(64), **how)
    return out


@pytest.mark.parametrize(("expression", "meaning"), RULES, ids=[expression for expression, _ in RULES])
def test_which_product_is_fused(expression: str, meaning: str) -> None:
    out, wanted = computed(expression, meaning)
    np.testing.assert_array_equal(out, wanted)


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_masked_copies_have_the_same_bits(width: int) -> None:
    """Threads of a vector that is active in part compute what those of a whole one do, in vectors of any length."""
    expressions = [expression for expression, _ in RULES]
    whole, part = computed(*expressions), computed(*expressions, count=97, width=width)
    np.testing.assert_array_equal(part[:, :97], whole[:, :97])
    assert not part[:, 97:].any()


def test_without_contraction_every_operation_rounds() -> None:
    pair = "a * b + c * d", "__fadd_rn(__fmul_rn(a, b), __fmul_rn(c, d))"
    out, wanted = computed(*pair, contract=False)
    np.testing.assert_array_equal(out, wanted)
    assert (computed(*pair)[0] != wanted).any()
