"""The functions that read textures, as CUDA C: what GPUs have in hardware.

The formulas are those of the CUDA C++ Programming Guide, "Texture Fetching". A linear fetch at x weighs the texels i
and i + 1 by 1 - a and a, where i is x - 0.5 rounded down and a is the rest, in fixed point with 8 bits of fraction. The
guide does not say how a is rounded to them; here it is to the nearest.
"""

from __future__ import annotations

from imgcuda.cpu.values.types import BASIC, VECTORS, Float, Int, Scalar, Struct
from imgcuda.frontend.textures import FETCHES, MODES, TEXTURE, Fetch

BORDER, WRAP, MIRROR = map(MODES.index, ("border", "wrap", "mirror"))
_FAR = "1073741824.0f"
"""A coordinate that is beyond any texture and still fits an int."""
_AXIS = f"""\
            int {{at}} = {{first}} + {{step}};
            if (texture.mode_{{axis}} == {WRAP}) {{{{
                {{at}} %= {{size}};
                if ({{at}} < 0) {{at}} += {{size}};
            }}}} else if (texture.mode_{{axis}} == {MIRROR}) {{{{
                {{at}} %= 2 * {{size}};
                if ({{at}} < 0) {{at}} += 2 * {{size}};
                if ({{at}} >= {{size}}) {{at}} = 2 * {{size}} - 1 - {{at}};
            }}}} else if (texture.mode_{{axis}} == {BORDER}) {{{{
                inside = inside && {{at}} >= 0 && {{at}} < {{size}};
            }}}}
            {{at}} = min(max({{at}}, 0), {{size}} - 1);
"""
_COORDINATE = """\
    if (texture.normalized) {axis} *= texture.{size};
    {axis} = fminf(fmaxf({axis}, -{far}), {far});
    float {weight} = 0;
    if (texture.linear) {{
        {axis} -= 0.5f;
        {weight} = rintf(({axis} - floorf({axis})) * 256.0f) * (1.0f / 256.0f);
    }}
    int {first} = (int)floorf({axis});
"""
_CORNER = "\n    float corner = rintf(a * b * 256.0f) * (1.0f / 256.0f);"
_ALONG = "right ? a : 1.0f - a"
_ACROSS = "right ? (down ? corner : a - corner) : (down ? b - corner : 1.0f - a - b + corner)"
_FILTERED = """\
__device__ {type} {name}({texture} texture, {parameters})
{{
    const {scalar} *texels = (const {scalar} *)__builtin_texels(texture.texels);
    {scalar} made[{channels}] = {{}};
{coordinates}{corner}
    for (int down = 0; down <= {rows}; down++) {{
        for (int right = 0; right <= texture.linear; right++) {{
            bool inside = true;
{axes}
            long long place = ((long long)row * texture.width + column) * texture.channels;
            float weight = {weight};
            for (int channel = 0; channel < {channels}; channel++) {{
                {scalar} texel = inside ? texels[place + channel] : ({scalar})texture.border[channel];
                made[channel] {sum};
            }}
        }}
    }}
    return {result};
}}
"""
_FETCH = """\
__device__ {type} {name}({texture} texture, int i)
{{
    const {scalar} *texels = (const {scalar} *)__builtin_texels(texture.texels);
    {scalar} made[{channels}] = {{}};
    if (i >= 0 && i < texture.width) {{
        for (int channel = 0; channel < {channels}; channel++)
            made[channel] = texels[(long long)i * texture.channels + channel];
    }}
    return {result};
}}
"""


def texels_of(type: str) -> tuple[Scalar, int] | None:
    """Return the number type and the channels of a texel's type; None if no texture has texels of that type."""
    found = VECTORS.get(type) or BASIC.get(type)
    count = len(found.fields) if isinstance(found, Struct) else 1
    number = found.fields[0][1] if isinstance(found, Struct) else found
    if count == 3 or not isinstance(number, Int | Float) or number.bits > 32 or number.bits == 1:
        return None
    return number, count


def fetch_text(fetch: Fetch, number: Scalar, count: int) -> str:
    """Return the text of a function that reads a texture."""
    made = ", ".join(f"made[{channel}]" for channel in range(count))
    result = f"make_{fetch.type}({made})" if fetch.type in VECTORS else made
    common = {"type": fetch.type, "name": "fetch", "texture": TEXTURE, "scalar": str(number), "channels": count}
    if fetch.function == "tex1Dfetch":
        return _FETCH.format(**common, result=result)
    axes = [("x", "width", "a", "i"), ("y", "height", "b", "j")][: FETCHES[fetch.function]]
    names = ("axis", "size", "weight", "first")
    coordinates = "".join(_COORDINATE.format(**dict(zip(names, each, strict=True)), far=_FAR) for each in axes)
    flat = len(axes) == 1
    columns = _AXIS.format(at="column", first="i", step="right", axis="x", size="texture.width")
    rows = _AXIS.format(at="row", first="j", step="down", axis="y", size="texture.height")
    return _FILTERED.format(
        **common,
        result=result,
        parameters=", ".join(f"float {axis}" for axis, *_ in axes),
        coordinates=coordinates.rstrip("\n"),
        rows="0" if flat else "texture.linear",
        axes=(columns + ("            int row = 0;\n" if flat else rows)).rstrip("\n"),
        corner="" if flat else _CORNER,
        weight=_ALONG if flat else _ACROSS,
        sum="+= weight * texel" if isinstance(number, Float) else "= texel",
    )
