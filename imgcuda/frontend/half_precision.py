"""The text of `cuda_fp16.h`, for compilers that have no headers: floats of 16 bits, `half` and `half2`.

Arithmetic is done in float and rounded to 16 bits, which for + - * / and square roots is what CUDA's own instructions
give; a fused multiply-add is done in double for the same reason. The comparisons and functions are those of float.

C, as our own front end reads it, has the functions and operators. Compilers of C++, Clang and NVRTC, also have the
conversions from and to numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

_TYPES = """\
#ifndef IMGCUDA_HALF
#define IMGCUDA_HALF
__device__ inline float imgcuda_of_half(unsigned short bits)
{
    unsigned int rest = bits & 0x7fffu;
    unsigned int scaled = __float_as_uint(__uint_as_float(rest << 13) * 5.192296858534828e+33f);
    unsigned int wide = rest >= 0x7c00u ? rest << 13 | 0x7f800000u : scaled;
    return __uint_as_float(wide | (bits & 0x8000u) << 16);
}
__device__ inline unsigned short imgcuda_to_half(float value)
{
    unsigned int bits = __float_as_uint(value), rest = bits & 0x7fffffffu;
    unsigned int small = __float_as_uint(__uint_as_float(rest) + 0.5f) - 0x3f000000u;
    unsigned int normal = (rest - 0x38000000u + 0xfffu + (rest >> 13 & 1u)) >> 13;
    unsigned int finite = rest < 0x38800000u ? small : normal;
    unsigned int made = rest >= 0x47800000u ? 0x7c00u : finite;
    return (unsigned short)(rest > 0x7f800000u ? 0x7fffu : made | (bits >> 16 & 0x8000u));
}
__device__ inline unsigned short imgcuda_double_to_half(double value)
{
    float near = (float)value;
    unsigned int bits = __float_as_uint(near);
    unsigned int below = fabs((double)near) > fabs(value) ? bits - 1u : bits;
    return imgcuda_to_half(__uint_as_float((double)near == value ? bits : below | 1u));
}
"""
_CLASS = """\
#ifdef __CUDACC_RTC__
struct __half {
    unsigned short __x;
    __half() = default;
    __device__ __half(float v) : __x(imgcuda_to_half(v)) {}
    __device__ __half(double v) : __x(imgcuda_double_to_half(v)) {}
    __device__ __half(int v) : __x(imgcuda_double_to_half((double)v)) {}
    __device__ __half(unsigned int v) : __x(imgcuda_double_to_half((double)v)) {}
    __device__ __half(short v) : __x(imgcuda_to_half((float)v)) {}
    __device__ __half(unsigned short v) : __x(imgcuda_to_half((float)v)) {}
    __device__ __half(long long v) : __x(imgcuda_double_to_half((double)v)) {}
    __device__ __half(unsigned long long v) : __x(imgcuda_double_to_half((double)v)) {}
    __device__ operator float() const { return imgcuda_of_half(__x); }
};
struct __align__(4) __half2 {
    __half x, y;
    __half2() = default;
    __device__ __half2(const __half &a, const __half &b) : x(a), y(b) {}
};
#else
struct __half { unsigned short __x; };
struct __align__(4) __half2 { __half x, y; };
#endif
typedef __half half;
typedef __half2 half2;
__device__ inline float __half2float(__half a) { return imgcuda_of_half(a.__x); }
__device__ inline __half imgcuda_half(unsigned short bits) { __half made; made.__x = bits; return made; }
__device__ inline __half2 imgcuda_halves(__half a, __half b) { __half2 made; made.x = a; made.y = b; return made; }
"""
_END = "#endif\n"
_FUNCTION = "__device__ inline {} {}({}) {{ return {}; }}"
_TO_HALF = "imgcuda_half(imgcuda_to_half({}))"
_FROM_DOUBLE = "imgcuda_half(imgcuda_double_to_half({}))"
_WHOLE = {
    "int": "int", "uint": "unsigned int", "short": "short", "ushort": "unsigned short", "ll": "long long",
    "ull": "unsigned long long",
}  # fmt: skip
_ROUNDED = {"rn": "rintf", "rz": "truncf", "rd": "floorf", "ru": "ceilf"}
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_OF_ONE = {
    **{name: f"{name}f({{}})" for name in ("sqrt", "rsqrt", "exp", "exp2", "exp10", "log", "log2", "log10", "sin",
                                           "cos", "floor", "ceil", "trunc", "rint")},
    "rcp": "1.0f / {}",
}  # fmt: skip
"""The functions h..., and h2..., with what they are in float."""


def _conversions() -> Iterator[str]:
    for name in ("__float2half", "__float2half_rn"):
        yield _FUNCTION.format("__half", name, "float v", _TO_HALF.format("v"))
    yield _FUNCTION.format("__half", "__double2half", "double v", _FROM_DOUBLE.format("v"))
    for name, type in _WHOLE.items():
        yield _FUNCTION.format("__half", f"__{name}2half_rn", f"{type} v", _FROM_DOUBLE.format("(double)v"))
        for way, rounded in _ROUNDED.items():
            value = f"({type}){rounded}(__half2float(v))"
            yield _FUNCTION.format(type, f"__half2{name}_{way}", "__half v", value)
    yield _FUNCTION.format("unsigned short", "__half_as_ushort", "__half v", "v.__x")
    yield _FUNCTION.format("short", "__half_as_short", "__half v", "(short)v.__x")
    yield _FUNCTION.format("__half", "__ushort_as_half", "unsigned short v", "imgcuda_half(v)")
    yield _FUNCTION.format("__half", "__short_as_half", "short v", "imgcuda_half((unsigned short)v)")


def _pairs() -> Iterator[str]:
    """Yield the functions that make pairs and take them apart."""
    halves = "imgcuda_halves({}, {})"
    for name in ("__halves2half2", "make_half2"):
        yield _FUNCTION.format("__half2", name, "__half a, __half b", halves.format("a", "b"))
    yield _FUNCTION.format("__half2", "__half2half2", "__half a", halves.format("a", "a"))
    both = halves.format(_TO_HALF.format("a"), _TO_HALF.format("b"))
    yield _FUNCTION.format("__half2", "__floats2half2_rn", "float a, float b", both)
    one = halves.format(_TO_HALF.format("a"), _TO_HALF.format("a"))
    yield _FUNCTION.format("__half2", "__float2half2_rn", "float a", one)
    two = halves.format(_TO_HALF.format("a.x"), _TO_HALF.format("a.y"))
    yield _FUNCTION.format("__half2", "__float22half2_rn", "float2 a", two)
    yield _FUNCTION.format("float2", "__half22float2", "__half2 a", "make_float2(__half2float(a.x), __half2float(a.y))")
    for name, part in (("low", "x"), ("high", "y")):
        yield _FUNCTION.format("__half", f"__{name}2half", "__half2 a", f"a.{part}")
        yield _FUNCTION.format("float", f"__{name}2float", "__half2 a", f"__half2float(a.{part})")
        yield _FUNCTION.format("__half2", f"__{name}2half2", "__half2 a", halves.format(f"a.{part}", f"a.{part}"))
    yield _FUNCTION.format("__half2", "__lowhigh2highlow", "__half2 a", halves.format("a.y", "a.x"))
    yield _FUNCTION.format("__half2", "__lows2half2", "__half2 a, __half2 b", halves.format("a.x", "b.x"))
    yield _FUNCTION.format("__half2", "__highs2half2", "__half2 a, __half2 b", halves.format("a.y", "b.y"))


def _both(name: str, arguments: int, text: str, pair: str = "") -> Iterator[str]:
    """Yield a function of halves, `text` of __half2float of a, b and c, and the same of pairs."""
    names = "abc"[:arguments]
    yield _FUNCTION.format("__half", name, ", ".join(f"__half {each}" for each in names), text)
    parts = (f"{name}({', '.join(f'{each}.{axis}' for each in names)})" for axis in "xy")
    pairs = ", ".join(f"__half2 {each}" for each in names)
    yield _FUNCTION.format("__half2", pair or f"{name}2", pairs, f"imgcuda_halves({', '.join(parts)})")


def _arithmetic() -> Iterator[str]:
    a, b, c = (f"__half2float({each})" for each in "abc")
    for name, sign in _SIGNS.items():
        yield from _both(f"__h{name}", 2, _TO_HALF.format(f"{a} {sign} {b}"))
        if sign != "/":
            yield from _both(f"__h{name}_rn", 2, f"__h{name}(a, b)", f"__h{name}2_rn")
            limited = f"fminf(fmaxf({a} {sign} {b}, 0.0f), 1.0f)"
            yield from _both(f"__h{name}_sat", 2, _TO_HALF.format(limited), f"__h{name}2_sat")
    fused = _FROM_DOUBLE.format(f"fma((double){a}, (double){b}, (double){c})")
    yield from _both("__hfma", 3, fused)
    yield from _both("__hneg", 1, "imgcuda_half((unsigned short)(a.__x ^ 0x8000))")
    yield from _both("__habs", 1, "imgcuda_half((unsigned short)(a.__x & 0x7fff))")
    yield from _both("__hmax", 2, _TO_HALF.format(f"fmaxf({a}, {b})"))
    yield from _both("__hmin", 2, _TO_HALF.format(f"fminf({a}, {b})"))
    for name, text in _OF_ONE.items():
        yield from _both(f"h{name}", 1, _TO_HALF.format(text.format(a)), f"h2{name}")


def _comparisons() -> Iterator[str]:
    a, b = "__half2float(a)", "__half2float(b)"
    for name, sign in _COMPARISONS.items():
        unordered = f"!({a} < {b} || {a} > {b} || {a} == {b})"
        ordered = f"{a} {sign} {b}" if name != "ne" else f"({a} < {b} || {a} > {b})"
        yield _FUNCTION.format("bool", f"__h{name}", "__half a, __half b", ordered)
        yield _FUNCTION.format("bool", f"__h{name}u", "__half a, __half b", f"{ordered} || {unordered}")
        one = "imgcuda_half((unsigned short)(__h{0}(a.{1}, b.{1}) ? 0x3c00 : 0))"
        both = f"imgcuda_halves({one.format(name, 'x')}, {one.format(name, 'y')})"
        yield _FUNCTION.format("__half2", f"__h{name}2", "__half2 a, __half2 b", both)
        all_of = f"__h{name}(a.x, b.x) && __h{name}(a.y, b.y)"
        yield _FUNCTION.format("bool", f"__hb{name}2", "__half2 a, __half2 b", all_of)
    yield _FUNCTION.format("bool", "__hisnan", "__half a", "(a.__x & 0x7fff) > 0x7c00")
    yield _FUNCTION.format("int", "__hisinf", "__half a", "a.__x == 0xfc00 ? -1 : a.__x == 0x7c00")


def _operators() -> Iterator[str]:
    for type, end in (("__half", ""), ("__half2", "2")):
        two = f"const {type} &a, const {type} &b"
        for name, sign in _SIGNS.items():
            yield _FUNCTION.format(type, f"operator{sign}", two, f"__h{name}{end}(a, b)")
            change = f"{type} &operator{sign}=({type} &a, const {type} &b) {{ a = __h{name}{end}(a, b); return a; }}"
            yield f"#ifdef __CUDACC_RTC__\n__device__ inline {change}\n#else"
            yield f"__device__ inline void operator{sign}=({type} &a, {type} b) {{ a = __h{name}{end}(a, b); }}\n#endif"
        yield _FUNCTION.format(type, "operator-", f"const {type} &a", f"__hneg{end}(a)")
        for name, sign in _COMPARISONS.items():
            call = f"__hb{name}2" if end else f"__h{name}{'u' if name == 'ne' else ''}"
            text = "!__hbeq2(a, b)" if end and name == "ne" else f"{call}(a, b)"
            yield _FUNCTION.format("bool", f"operator{sign}", two, text)


def _text() -> Iterator[str]:
    yield _TYPES + _CLASS
    yield from (*_conversions(), *_pairs(), *_arithmetic(), *_comparisons(), *_operators())
    yield _END


HALF_PRECISION = "\n".join(_text())
"""The text of `cuda_fp16.h`."""
