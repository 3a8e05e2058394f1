"""The text of `cooperative_groups.h`: the group of a block's threads, `thread_block`.

The CPU engine has no classes. It reads `block.sync()` as `thread_block_sync(block)`; NVRTC is given a class.
"""

from __future__ import annotations

_RANK = "threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)"
_SIZE = "blockDim.x * blockDim.y * blockDim.z"


def _copied(index: str) -> str:
    return f"dim3 i; i.x = {index}.x; i.y = {index}.y; i.z = {index}.z; return i;"


_MEMBERS = {
    "sync": ("void", "__syncthreads();"),
    "thread_rank": ("unsigned int", f"return {_RANK};"),
    "size": ("unsigned int", f"return {_SIZE};"),
    "num_threads": ("unsigned int", f"return {_SIZE};"),
    "group_index": ("dim3", _copied("blockIdx")),
    "thread_index": ("dim3", _copied("threadIdx")),
    "group_dim": ("dim3", _copied("blockDim")),
    "dim_threads": ("dim3", _copied("blockDim")),
}
"""The members of a thread_block: what each returns, and its body."""
THREAD_BLOCK = "thread_block"
MEMBERS = frozenset(_MEMBERS)


def _class() -> str:
    members = (f"    __device__ {type} {name}() const {{ {body} }}" for name, (type, body) in _MEMBERS.items())
    return "\n".join(["struct thread_block {", *members, "};"])


def _plain() -> str:
    functions = (
        f"__device__ {type} {THREAD_BLOCK}_{name}(thread_block block) {{ {body} }}"
        for name, (type, body) in _MEMBERS.items()
    )
    return "\n".join(["struct thread_block { int unused; };", *functions])


COOPERATIVE_GROUPS = f"""\
#ifndef IMGCUDA_COOPERATIVE_GROUPS
#define IMGCUDA_COOPERATIVE_GROUPS
namespace cooperative_groups {{
#ifdef __CUDACC_RTC__
{_class()}
#else
{_plain()}
#endif
__device__ inline thread_block this_thread_block() {{ return thread_block{{}}; }}
__device__ inline void sync(const thread_block &block) {{ __syncthreads(); }}
}}
#endif
"""
