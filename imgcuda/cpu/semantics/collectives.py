"""Functions of CUDA in which threads of a block or a warp combine their values, as CUDA C.

A loop over the 32 lanes of a warp takes longer than the tree of shuffles that GPUs have in hardware, and gives the
same integers.
"""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.semantics.cxx_types import Type, decayed, scalar
from imgcuda.cpu.values.types import Int

_BLOCK = """\
__device__ int {name}(int predicate)
{{
    __shared__ int count;
    count = 0;
    __syncthreads();
    if ({counted}) atomicAdd(&count, 1);
    __syncthreads();
    int made = {made};
    __syncthreads();
    return made;
}}
"""
_COUNTS = {
    "__syncthreads_count": ("predicate != 0", "count"),
    "__syncthreads_or": ("predicate != 0", "count != 0"),
    "__syncthreads_and": ("predicate == 0", "count == 0"),
}
"""The votes of a block: which threads are counted, and the result."""
_REDUCE = """\
__device__ {type} {name}(unsigned int mask, {type} value)
{{
    {type} made = {first};
    for (int lane = 0; lane < 32; lane++) {{
        {type} other = __shfl_sync(mask, value, lane);
        if (mask >> lane & 1) made = {combined};
    }}
    return made;
}}
"""
_REDUCTIONS = {
    "__reduce_add_sync": ("0", "made + other"),
    "__reduce_min_sync": ("value", "other < made ? other : made"),
    "__reduce_max_sync": ("value", "other > made ? other : made"),
    "__reduce_and_sync": ("~0u", "made & other"),
    "__reduce_or_sync": ("0", "made | other"),
    "__reduce_xor_sync": ("0", "made ^ other"),
}
"""The reductions of a warp: the first value, and what the value of one more thread makes of it."""
_MATCH_ANY = """\
__device__ unsigned int __match_any_sync(unsigned int mask, {type} value)
{{
    unsigned int made = 0;
    for (int lane = 0; lane < 32; lane++) {{
        {type} other = __shfl_sync(mask, value, lane);
        if ((mask >> lane & 1) && other == value) made |= 1u << lane;
    }}
    return made;
}}
"""
_MATCH_ALL = """\
__device__ unsigned int __match_all_sync(unsigned int mask, {type} value, int *all)
{{
    int same = 1;
    for (int lane = 0; lane < 32; lane++) {{
        {type} other = __shfl_sync(mask, value, lane);
        if ((mask >> lane & 1) && other != value) same = 0;
    }}
    same = __all_sync(mask, same);
    *all = same;
    return same ? mask : 0;
}}
"""
_MATCHES = {"__match_any_sync": _MATCH_ANY, "__match_all_sync": _MATCH_ALL}
BLOCK_VOTES = frozenset(_COUNTS)
COLLECTIVES = BLOCK_VOTES | frozenset([*_REDUCTIONS, *_MATCHES])


def collective(name: str, given: Sequence[Type]) -> str:
    """Return the text of a function for arguments of these types."""
    if name in _COUNTS:
        counted, made = _COUNTS[name]
        return _BLOCK.format(name=name, counted=counted, made=made)
    number = scalar(decayed(given[1])) if len(given) > 1 else None
    if name in _MATCHES:
        return _MATCHES[name].format(type=number or "unsigned int")
    signed = isinstance(number, Int) and number.signed and name[9:12] in ("add", "min", "max")
    first, combined = _REDUCTIONS[name]
    return _REDUCE.format(name=name, type="int" if signed else "unsigned int", first=first, combined=combined)
