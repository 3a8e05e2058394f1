"""The text of `helper_math.h`, which NVIDIA's samples have for CUDA's vector types: their operators, `dot`, `lerp` ...

It is written here anew, under the same names, for float, int and unsigned int of 2, 3 and 4 elements.
"""

from __future__ import annotations

from collections.abc import Iterator

_AXES = "xyzw"
_SCALARS = {"float": "float", "int": "int", "uint": "unsigned int"}
_FUNCTION = "inline __host__ __device__ {} {}({}) {{ return {}; }}"
_CHANGE = "inline __host__ __device__ void operator{}=({} &a, {} b) {{ {} }}"


def _each(vector: str, count: int, text: str) -> str:
    """Return a vector of a text for each axis, in which @ stands for the axis."""
    return f"make_{vector}({', '.join(text.replace('@', axis) for axis in _AXES[:count])})"


def _operators(scalar: str, vector: str, count: int) -> Iterator[str]:
    for sign in "+-*/":
        for left, right, text in (
            (vector, vector, f"a.@ {sign} b.@"),
            (vector, scalar, f"a.@ {sign} b"),
            (scalar, vector, f"a {sign} b.@"),
        ):
            yield _FUNCTION.format(vector, f"operator{sign}", f"{left} a, {right} b", _each(vector, count, text))
        for right, part in ((vector, "b.@"), (scalar, "b")):
            changes = " ".join(f"a.{axis} {sign}= {part};".replace("@", axis) for axis in _AXES[:count])
            yield _CHANGE.format(sign, vector, right, changes)
    if scalar != "unsigned int":
        yield _FUNCTION.format(vector, "operator-", f"{vector} a", _each(vector, count, "-a.@"))


def _makers(name: str, scalar: str, vector: str, count: int) -> Iterator[str]:
    maker = f"make_{vector}"
    yield _FUNCTION.format(vector, maker, f"{scalar} s", f"{maker}({', '.join(['s'] * count)})")
    parts = [f"a.{axis}" for axis in _AXES[:count]]
    if count > 2:
        shorter = f"{name}{count - 1}"
        yield _FUNCTION.format(vector, maker, f"{shorter} a", f"{maker}({', '.join([*parts[:-1], '0'])})")
        yield _FUNCTION.format(vector, maker, f"{shorter} a, {scalar} s", f"{maker}({', '.join([*parts[:-1], 's'])})")
    if count < 4:
        yield _FUNCTION.format(vector, maker, f"{name}{count + 1} a", f"{maker}({', '.join(parts)})")
    for other in (each for each in _SCALARS if each != name):
        text = _each(vector, count, f"({scalar})a.@")
        yield _FUNCTION.format(vector, maker, f"{other}{count} a", text)


def _shared(scalar: str, vector: str, count: int) -> Iterator[str]:
    """Yield the functions of vectors of any numbers."""
    least, most = ("fminf", "fmaxf") if scalar == "float" else ("min", "max")
    both = f"{vector} a, {vector} b"
    for name in (least, most):
        yield _FUNCTION.format(vector, name, both, _each(vector, count, f"{name}(a.@, b.@)"))
    for bound, axis in ((scalar, ""), (vector, ".@")):
        text = _each(vector, count, f"clamp(v.@, a{axis}, b{axis})")
        yield _FUNCTION.format(vector, "clamp", f"{vector} v, {bound} a, {bound} b", text)
    yield _FUNCTION.format(scalar, "dot", both, " + ".join(f"a.{axis} * b.{axis}" for axis in _AXES[:count]))


def _of_floats(vector: str, count: int) -> Iterator[str]:
    one, two = f"{vector} v", f"{vector} a, {vector} b"
    yield _FUNCTION.format(vector, "lerp", f"{two}, float t", "a + t * (b - a)")
    yield _FUNCTION.format("float", "length", one, "sqrtf(dot(v, v))")
    yield _FUNCTION.format(vector, "normalize", one, "v * rsqrtf(dot(v, v))")
    yield _FUNCTION.format(vector, "floorf", one, _each(vector, count, "floorf(v.@)"))
    yield _FUNCTION.format(vector, "fabs", one, _each(vector, count, "fabsf(v.@)"))
    yield _FUNCTION.format(vector, "fracf", one, "v - floorf(v)")
    yield _FUNCTION.format(vector, "fmodf", two, _each(vector, count, "fmodf(a.@, b.@)"))
    text = _each(vector, count, "smoothstep(a.@, b.@, v.@)")
    yield _FUNCTION.format(vector, "smoothstep", f"{two}, {one}", text)


def _text() -> Iterator[str]:
    yield "#ifndef IMGCUDA_HELPER_MATH\n#define IMGCUDA_HELPER_MATH"
    for scalar, least, most in (("float", "fminf", "fmaxf"), ("int", "min", "max"), ("unsigned int", "min", "max")):
        yield _FUNCTION.format(scalar, "clamp", f"{scalar} f, {scalar} a, {scalar} b", f"{most}(a, {least}(f, b))")
    yield _FUNCTION.format("float", "lerp", "float a, float b, float t", "a + t * (b - a)")
    yield _FUNCTION.format("float", "fracf", "float v", "v - floorf(v)")
    step = "inline __host__ __device__ float smoothstep(float a, float b, float x)"
    yield step + " { float y = clamp((x - a) / (b - a), 0.0f, 1.0f); return y * y * (3.0f - 2.0f * y); }"
    for name, scalar in _SCALARS.items():
        for count in (2, 3, 4):
            vector = f"{name}{count}"
            yield from _makers(name, scalar, vector, count)
            yield from _operators(scalar, vector, count)
            yield from _shared(scalar, vector, count)
            if name == "float":
                yield from _of_floats(vector, count)
    yield _FUNCTION.format("float3", "reflect", "float3 i, float3 n", "i - 2.0f * n * dot(n, i)")
    cross = "a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x"
    yield _FUNCTION.format("float3", "cross", "float3 a, float3 b", f"make_float3({cross})")
    yield "#endif"


HELPER_MATH = "\n".join(_text()) + "\n"
