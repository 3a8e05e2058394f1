"""The declarations of CUDA's own names for Clang: qualifiers, indices, vector types and functions.

Clang only has to know that a function is there, and the type of its result: the CPU engine converts the arguments of a
CUDA function itself. So most are declared as templates that take anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from imgcuda.cpu.cxx.marked_specializations import MACROS
from imgcuda.cpu.lowering.atomics import ATOMICS
from imgcuda.cpu.lowering.warps import WARPS
from imgcuda.cpu.maths.functions import FUNCTIONS
from imgcuda.cpu.memory.objects import LOADS
from imgcuda.cpu.semantics.builtins import CLOCKS, OVERLOADED, TESTS, VOIDS, result
from imgcuda.cpu.semantics.collectives import BLOCK_VOTES, COLLECTIVES
from imgcuda.cpu.semantics.cxx_types import UNKNOWN, Basic, Typed
from imgcuda.cpu.semantics.library import SINES
from imgcuda.cpu.values.types import VECTORS
from imgcuda.frontend.textures import DECLARATION, FETCHES, TEXTURE

RENAMED = {
    "imgcuda_assert": "assert",
    "imgcuda_for_all": "__builtin_for_all",
    "imgcuda_word_at": "__builtin_word_at",
}
"""The functions that Clang must not know under their own names, with these."""

_QUALIFIERS = """\
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __managed__
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))
#define __forceinline__ inline
#define __noinline__
#define __inline__ inline
#define assert(...) imgcuda_assert(bool(__VA_ARGS__))
#define __builtin_word_at(...) imgcuda_word_at(__VA_ARGS__)
#define __builtin_for_all(...) imgcuda_for_all(bool(__VA_ARGS__))
#define NULL __null
typedef decltype(sizeof(0)) size_t;
typedef decltype((char *)0 - (char *)0) ptrdiff_t;
typedef signed char int8_t;
typedef unsigned char uint8_t, uchar;
typedef short int16_t;
typedef unsigned short uint16_t, ushort;
typedef int int32_t;
typedef unsigned int uint32_t, uint;
typedef long long int64_t;
typedef unsigned long long uint64_t;
typedef unsigned long ulong;
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef long long intptr_t;
typedef unsigned long long uintptr_t;
typedef int cudaError_t, cudaStream_t, cudaEvent_t;
__device__ constexpr int warpSize = 32;
"""
_DIM3 = """\
struct dim3 {
    unsigned int x, y, z;
    __host__ __device__ constexpr dim3(unsigned int x = 1, unsigned int y = 1, unsigned int z = 1) : x(x), y(y), z(z) {}
    __host__ __device__ constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
    __host__ __device__ constexpr operator uint3() const { return {x, y, z}; }
};
"""
_KNOWN = """\
extern __device__ const uint3 threadIdx, blockIdx;
extern __device__ const dim3 blockDim, gridDim;
extern "C" int cudaConfigureCall(dim3, dim3, size_t = 0, cudaStream_t = 0);
extern "C" unsigned int __cudaPushCallConfiguration(dim3, dim3, size_t = 0, cudaStream_t = 0);
__device__ void imgcuda_assert(bool);
__device__ bool imgcuda_for_all(bool);
__device__ unsigned int imgcuda_word_at(const void *);
__device__ void *memset(void *, int, size_t);
__device__ void *memcpy(void *, const void *, size_t);
__device__ int printf(const char *, ...);
template <typename T> struct imgcuda_real { typedef double type; };
template <> struct imgcuda_real<float> { typedef float type; };
"""
_ANY = "template <typename... A> __device__ {} {}(A...);"
_CHOSEN = {
    "min": "template <typename A, typename B> __device__ decltype(A() + B()) min(A, B);",
    "max": "template <typename A, typename B> __device__ decltype(A() + B()) max(A, B);",
    "abs": "template <typename A> __device__ decltype(+A()) abs(A);",
}


@cache
def declarations() -> str:
    """Return the text that Clang reads before the author's."""
    return "\n".join([_QUALIFIERS, MACROS, *_vectors(), _KNOWN, *_functions(), *_of_memory(), ""])


def _vectors() -> Iterator[str]:
    for struct in VECTORS.values():
        fields = " ".join(f"{_word(str(type))} {name};" for name, type in struct.fields)
        yield f"struct alignas({struct.align}) {struct.name} {{ {fields} }};"
        arguments = ", ".join(f"{_word(str(type))} {name}" for name, type in struct.fields)
        yield f"__device__ {struct.name} make_{struct.name}({arguments});"
    yield _DIM3


def _word(type: str) -> str:
    return "signed char" if type == "char" else type


def _functions() -> Iterator[str]:
    """Declare the functions of numbers."""
    for name in sorted(FUNCTIONS):
        if name in _CHOSEN:
            yield _CHOSEN[name]
        elif name in TESTS:
            yield f"template <typename A> __device__ int {name}(A);"
        elif name in OVERLOADED:
            head = "template <typename A, typename... B> __device__ typename imgcuda_real<A>::type"
            yield f"{head} {name}(A, B...);"
        else:
            found = result(name, [Typed(Basic("double"))])
            yield _ANY.format("double" if found == UNKNOWN else found, name)


def _of_memory() -> Iterator[str]:
    """Declare the functions of memory, textures, warps and barriers."""
    for name in sorted(ATOMICS):
        yield f"template <typename T, typename... A> __device__ T {name}(T *, A...);"
    for name in sorted(LOADS):
        yield f"template <typename T> __device__ T {name}(const T *);"
    for name in sorted(CLOCKS):
        yield f"__device__ long long {name}();"
    for name in sorted(each for each in VOIDS | {"__syncwarp"} if not each.startswith("__builtin")):
        yield _ANY.format("void", name)
    for name in sorted(WARPS):
        if name.startswith("__shfl"):
            yield f"template <typename T> __device__ decltype(+T()) {name}(unsigned int, T, int, int = 32);"
        elif name != "__syncwarp":
            yield _ANY.format(result(name, []), name)
    yield DECLARATION
    for name, coordinates in FETCHES.items():
        places = ", int" if name == "tex1Dfetch" else ", float" * coordinates
        yield f"template <typename T> __device__ T {name}({TEXTURE}{places});"
    for name in sorted(COLLECTIVES):
        yield _collective(name)
    for name, (type, *_) in SINES.items():
        yield f"__device__ void {name}({type}, {type} *, {type} *);"


def _collective(name: str) -> str:
    if name in BLOCK_VOTES:
        return f"__device__ int {name}(int);"
    made, more = "T", ""
    if name.startswith("__match"):
        made, more = "unsigned int", ", int *" * name.startswith("__match_all")
    return f"template <typename T> __device__ {made} {name}(unsigned int, T{more});"
