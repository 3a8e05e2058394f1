"""The headers that kernels often include, as text for the compilers: the part of each that kernels may use.

The CPU engine's preprocessor and NVRTC, which has no headers, read the same text, so a name means the same on both.
nvcc has the real ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from imgcuda.frontend.cooperative_groups import COOPERATIVE_GROUPS
from imgcuda.frontend.half_precision import HALF_PRECISION
from imgcuda.frontend.helper_math import HELPER_MATH
from imgcuda.frontend.std_names import STD
from imgcuda.frontend.type_traits import TYPE_TRAITS

_LIMITS = """\
#define CHAR_BIT 8
#define SCHAR_MIN (-128)
#define SCHAR_MAX 127
#define UCHAR_MAX 255
#define CHAR_MIN SCHAR_MIN
#define CHAR_MAX SCHAR_MAX
#define SHRT_MIN (-32768)
#define SHRT_MAX 32767
#define USHRT_MAX 65535
#define INT_MIN (-2147483647 - 1)
#define INT_MAX 2147483647
#define UINT_MAX 4294967295U
#define LLONG_MAX 9223372036854775807LL
#define LLONG_MIN (-LLONG_MAX - 1)
#define ULLONG_MAX 18446744073709551615ULL
#define LONG_MIN (-9223372036854775807L - 1)
#define LONG_MAX 9223372036854775807L
#define ULONG_MAX 18446744073709551615UL
"""
_FLOAT = """\
#define FLT_RADIX 2
#define FLT_MANT_DIG 24
#define FLT_DIG 6
#define FLT_EPSILON 1.19209290e-7f
#define FLT_MIN 1.17549435e-38f
#define FLT_MAX 3.40282347e+38f
#define DBL_MANT_DIG 53
#define DBL_DIG 15
#define DBL_EPSILON 2.2204460492503131e-16
#define DBL_MIN 2.2250738585072014e-308
#define DBL_MAX 1.7976931348623157e+308
"""
_INTEGERS = """\
#define INT8_MIN (-128)
#define INT8_MAX 127
#define UINT8_MAX 255
#define INT16_MIN (-32768)
#define INT16_MAX 32767
#define UINT16_MAX 65535
#define INT32_MIN (-2147483647 - 1)
#define INT32_MAX 2147483647
#define UINT32_MAX 4294967295U
#define INT64_MAX 9223372036854775807LL
#define INT64_MIN (-INT64_MAX - 1)
#define UINT64_MAX 18446744073709551615ULL
#define SIZE_MAX 18446744073709551615ULL
#ifdef __CUDACC_RTC__
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
namespace std {
using ::int8_t; using ::uint8_t; using ::int16_t; using ::uint16_t;
using ::int32_t; using ::uint32_t; using ::int64_t; using ::uint64_t;
}
#endif
"""
_INFINITY = """\
#ifdef __CUDACC_RTC__
#define INFINITY __builtin_bit_cast(float, 0x7f800000)
#define NAN __builtin_bit_cast(float, 0x7fffffff)
#else
#define INFINITY ((float)(1e+300 * 1e+300))
#define NAN (INFINITY * 0.0f)
#endif
"""
_MATH = """\
#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440
#define HUGE_VALF INFINITY
"""
_CUDA_MATH = """\
#define CUDART_INF_F INFINITY
#define CUDART_NAN_F NAN
#define CUDART_MAX_NORMAL_F __int_as_float(0x7f7fffff)
#define CUDART_MIN_DENORM_F __int_as_float(0x00000001)
#define CUDART_ZERO_F 0.0f
#define CUDART_ONE_F 1.0f
#define CUDART_SQRT_HALF_F 0.707106781f
#define CUDART_SQRT_TWO_F 1.414213562f
#define CUDART_PIO4_F 0.785398163f
#define CUDART_PIO2_F 1.570796327f
#define CUDART_PI_F 3.141592654f
#define CUDART_2_OVER_PI_F 0.636619772f
#define CUDART_SQRT_2OVERPI_F 0.797884561f
#define CUDART_PI 3.1415926535897931e+0
#define CUDART_PIO2 1.5707963267948966e+0
#define CUDART_PIO4 7.8539816339744828e-1
"""

_PIPELINE = """\
#define __pipeline_memcpy_async(to, from, size) memcpy(to, from, size)
#define __pipeline_commit()
#define __pipeline_wait_prior(count)
"""
"""Copies that a GPU makes beside the kernel's other work are made at once; nothing may look at them before the wait."""

_PLAIN = """
    assert.h builtin_types.h cassert cstdio cstdlib cuda.h cuda_runtime_api.h device_atomic_functions.h
    device_functions.h device_launch_parameters.h host_defines.h iso646.h math_functions.h sm_20_atomic_functions.h
    stdbool.h stdio.h stdlib.h vector_functions.h vector_types.h
""".split()  # noqa: SIM905 - a list of so many would take a line each
"""Headers that declare only what both compilers know without them; their text is empty."""
_TEXTS = {
    "limits": _LIMITS,
    "float": _FLOAT,
    "stdint": _INTEGERS,
    "inttypes": _INTEGERS,
    "math": _INFINITY + _MATH,
    "stddef": "",
    "string": "",
}
"""The headers of C, each under the name `x.h` and, in C++, `cx`."""

OF_SAMPLES = ("helper_math.h", "cutil_math.h")
"""The headers of NVIDIA's samples, which no compiler has."""

_TYPES = """\
#ifdef __CUDACC_RTC__
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
#endif
"""
UNKNOWN = _FLOAT + _LIMITS + _INTEGERS + _INFINITY + _MATH + _TYPES + STD + TYPE_TRAITS
"""The text of a header that is not known: the headers of C, which a project's own mostly include."""

_RUNTIME = _LIMITS + _INFINITY + _MATH
HEADERS: dict[str, str] = {
    "cuda_runtime.h": _RUNTIME,
    **dict.fromkeys(_PLAIN, ""),
    **{f"{name}.h": text for name, text in _TEXTS.items()},
    **{f"c{name}": text + STD for name, text in _TEXTS.items()},
    **dict.fromkeys(OF_SAMPLES, HELPER_MATH),
    "algorithm": STD,
    **dict.fromkeys(("utility", "functional"), STD + TYPE_TRAITS),
    **dict.fromkeys(("type_traits", "concepts"), TYPE_TRAITS),
    **dict.fromkeys(("cuda_fp16.h", "cuda_fp16.hpp"), HALF_PRECISION),
    **dict.fromkeys(("cuda_pipeline.h", "cuda_pipeline_primitives.h"), _PIPELINE),
    "cooperative_groups.h": COOPERATIVE_GROUPS,
    "limits": STD,
    "math_constants.h": _INFINITY + _CUDA_MATH,
}
"""The text of each header that is known, by its name."""

_MACRO = re.compile(r"^#define (\w+)", re.MULTILINE)
_OF_RUNTIME = re.compile(rf"\b(?:{'|'.join(_MACRO.findall(_RUNTIME))})\b")
_HELPER = re.compile(r"__device__ (?:inline )?[\w ]+ (\w+)\(")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.MULTILINE)


def with_runtime(text: str) -> str:
    """Return the line that includes CUDA's own header, as nvcc does before each file; nothing if it is not needed.

    It brings the headers of C's limits and mathematics, so files use INT_MAX or M_PI without these.
    """
    return "#include <cuda_runtime.h>\n" if _OF_RUNTIME.search(text) else ""


@cache
def header_of(name: str) -> str:
    """Return the line that includes the header of a macro or function, like FLT_MAX; an empty string if none has it."""
    if name in _HELPER.findall(HELPER_MATH):
        return '#include "helper_math.h"'
    if name in _HELPER.findall(HALF_PRECISION):
        return "#include <cuda_fp16.h>"
    return next((f"#include <{header}>" for header, text in HEADERS.items() if name in _MACRO.findall(text)), "")


def passed_over(names: Iterable[str]) -> str:
    """Return a remedy for a name that is not declared, if one of the included headers is not known; else nothing."""
    unknown = [f'"{name}"' for name in names if name not in HEADERS and "." in name][:3]  # C++'s own have no dot
    if not unknown:
        return ""
    where = f"it may be declared in {' or '.join(unknown)}, which imgcuda passes over"
    return f"copy it into this file, or name its folder by include_dirs= or -I: {where}"


def for_nvrtc(text: str) -> dict[str, str]:
    """Return the headers that a text includes, with the texts that NVRTC, which has no headers, reads for them."""
    return {name: HEADERS.get(name, UNKNOWN) for name in _INCLUDE.findall(text)}
