"""The CPU engine refuses what NVRTC refuses: random small mistakes in correct kernels are given to both.

Each mutation changes one token or two. NVRTC only parses and checks, and the front end does as much.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest

from imgcuda.cpu.semantics.check import check
from imgcuda.cuda.compile import Nvrtc
from imgcuda.errors import KernelError
from imgcuda.frontend import parse
from imgcuda.frontend.parse import without_host_code
from imgcuda.programs.source import Program, Source, specialize
from support.installed import installed, some_values

OPTIONS = ["--std=c++17", "--fdevice-syntax-only"]
CONSTANTS = {"PACK": 1, "ROWS": 1, "BLOCK_WIDTH": 32, "BLOCK_HEIGHT": 8, "LARGEST": 15, "ROOM": 14}
KERNELS = {
    "scalars": """\
__global__ void k(int *out, const int *in, int n, float v)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= n) return;
    const float scale = v * 2.0f;
    unsigned char small = (unsigned char)(in[x] & 255);
    out[x] = (int)(scale * small) + max(in[x], 3) % 7;
}
""",
    "functions": """\
__device__ float mix(const float a, float b, float t) { return a + (b - a) * t; }
__device__ void swap(int &a, int &b) { int c = a; a = b; b = c; }
__global__ void k(int *out, const float *in, int n)
{
    int x = threadIdx.x, y = n;
    swap(x, y);
    out[x] = (int)mix(in[0], in[1], 0.5f);
}
""",
    "structures": """\
struct pair { int a; float b; };
enum kind { ONE, TWO = 5 };
typedef unsigned int word;
__constant__ int table[4] = {1, 2, 3, 4};
__device__ pair made(int a, const float *b) { pair p; p.a = a; p.b = *b; return p; }
__global__ void k(int *out, const float *in, int n)
{
    pair p = made(n, in), *q = &p;
    word w = table[n & 3];
    switch (n) {
    case ONE: q->a = 1; break;
    case TWO: q->b = 2.0f; break;
    default: break;
    }
    out[w] = q->a + (int)p.b;
}
""",
    "shared": """\
__global__ void k(unsigned int *out, const unsigned char *in, int n)
{
    __shared__ unsigned int counts[64];
    for (int i = threadIdx.x; i < 64; i += blockDim.x) counts[i] = 0;
    __syncthreads();
    int x = threadIdx.x;
    while (x < n) {
        atomicAdd(&counts[in[x] >> 2], 1u);
        x += blockDim.x;
    }
    __syncthreads();
    if (x < 64) out[x] = counts[x];
}
""",
    "vectors": """\
__global__ void k(float4 *out, const uchar4 *in, int n)
{
    int x = threadIdx.x;
    uchar4 c = in[x];
    float4 f = make_float4(c.x, c.y, c.z, 1.0f);
    float r = sqrtf(f.x * f.x + f.y * f.y);
    f.z = fminf(fmaxf(r, 0.0f), 1.0f);
    do { f.w *= 0.5f; } while (f.w > 0.1f && n-- > 0);
    out[x] = f;
}
""",
}
"""Small kernels, each of which uses another part of the language."""

BLANKS = r"\s+|//[^\n]*|/\*.*?\*/|#[^\n]*"
WORD = r'"[^"\n]*"|[A-Za-z_]\w*|\.?\d[\w.]*'
SIGN = r"<<=|>>=|[-+*/%&|^=<>!]=|&&|\|\||<<|>>|->|\+\+|--|."
TOKEN = re.compile(f"{BLANKS}|{WORD}|{SIGN}", re.DOTALL)
WORDS = (
    "int",
    "float",
    "unsigned int",
    "double",
    "char",
    "unsigned char",
    "long long",
    "void",
    "bool",
    "const",
    "float2",
)
PIECES = ("const ", "*", "&", "0", "1.5f", "nullptr", "(", ")", "{", "}", ";", ",", "x", "return", "static ", "missing")

NAMES = list(installed())
GROUPS = [NAMES[at :: len(NAMES) // 4] for at in range(len(NAMES) // 4)]
"""The built-in filters, four or five at a time: only of the mutants of so many is `MOST_OTHERS` more than one."""

Tokens = list[str]
Mutation = Callable[[random.Random, Tokens, list[int]], None]


def dropped(chance: random.Random, tokens: Tokens, at: list[int]) -> None:
    tokens[chance.choice(at)] = " "


def doubled(chance: random.Random, tokens: Tokens, at: list[int]) -> None:
    place = chance.choice(at)
    tokens[place] = f"{tokens[place]} {tokens[place]}"


def swapped(chance: random.Random, tokens: Tokens, at: list[int]) -> None:
    one, other = chance.sample(at, 2)
    tokens[one], tokens[other] = tokens[other], tokens[one]


def inserted(chance: random.Random, tokens: Tokens, at: list[int]) -> None:
    place = chance.choice(at)
    tokens[place] = f"{chance.choice(PIECES)} {tokens[place]}"


def replaced_by_another(chance: random.Random, tokens: Tokens, at: list[int]) -> None:
    tokens[chance.choice(at)] = tokens[chance.choice(at)]


def of_another_type(chance: random.Random, tokens: Tokens, at: list[int]) -> None:
    types = [place for place in at if tokens[place] in WORDS] or at
    tokens[chance.choice(types)] = chance.choice(WORDS)


def without_a_line(chance: random.Random, tokens: Tokens, at: list[int]) -> None:
    ends = [place for place in at if tokens[place] == ";"] or at[-1:]
    last = chance.choice(ends)
    first = max((place for place in at if place < last and tokens[place] in ";{}"), default=-1)
    tokens[first + 1 : last + 1] = [" "] * (last - first)


MUTATIONS: tuple[Mutation, ...] = (
    dropped, doubled, swapped, inserted, replaced_by_another, of_another_type, without_a_line
)  # fmt: skip


def mutants(text: str, count: int, seed: str) -> Iterator[str]:
    """Yield a text with a mistake in it, and another one, the same each time."""
    chance = random.Random(seed)
    for number in range(count):
        tokens: Tokens = TOKEN.findall(text)
        MUTATIONS[number % len(MUTATIONS)](chance, tokens, read_by_both(tokens))
        yield "".join(tokens)


ALONE = {"#ifdef __CUDACC__": "#else", "#ifdef IMGCUDA_CPU": "#endif"}
"""Lines from which on one compiler alone reads the code, or each a part of its own, and those that end this."""


def read_by_both(tokens: Tokens) -> list[int]:
    """Return the places of the tokens that both our front end and a GPU's compiler read."""
    places, depth, end = [], 0, ""
    for place, token in enumerate(tokens):
        if depth and token.startswith("#if"):
            depth += 1
        elif depth and (token.startswith("#endif") or (depth == 1 and token.startswith(end))):
            depth -= 1
        elif begun := next((line for line in ALONE if token.startswith(line)), ""):
            depth, end = 1, ALONE[begun]
        elif not depth and token.strip() and not token.startswith(("//", "/*", "#")):
            places.append(place)
    return places


def refused_here(program: Program) -> bool:
    """Return whether the front end refuses a text, in sentences; whatever else it raises is passed on."""
    try:
        check(parse.parse(program.text, program.name), program.text, program.name).mistakes.raise_if_any()
    except KernelError as error:
        assert str(error).strip()
        return True
    return False


def refused_by(nvrtc: Nvrtc, program: Program) -> str:
    """Return what NVRTC says first of a text that it refuses, also without the host's code; nothing, if it takes it."""
    try:
        _compile(nvrtc, program)
    except KernelError as error:
        return error.mistakes[0].message if error.mistakes else str(error)
    return ""


def _compile(nvrtc: Nvrtc, program: Program) -> None:
    """Compile as the engine does: what the front end passes over as the host's is not read if the whole is refused."""
    try:
        nvrtc.compile(program.text, program, (9, 0), OPTIONS)
    except KernelError:
        if (without := without_host_code(program.text, program.name)) == program.text:
            raise
        nvrtc.compile(without, program, (9, 0), OPTIONS)


LISTED = {
    "what volatile points to: the front end reads over the word": r"volatile|qualifiers dropped",
}
"""The kinds of what NVRTC refuses and the front end takes, and what NVRTC says of them."""

MOST_OTHERS = 0.01
"""The part of all mutants that may be taken here and refused by NVRTC, of kinds that are not listed."""


def accepted_here_only(nvrtc: Nvrtc, programs: Iterable[Program]) -> list[str]:
    """Return what NVRTC says of each text that it refuses, and that the front end takes, but for what is listed."""
    taken = ((program, refused_by(nvrtc, program)) for program in programs if not refused_here(program))
    listed = re.compile("|".join(LISTED.values()))
    return [f"{said}\n{program.text}" for program, said in taken if said and not listed.search(said)]


def small(name: str, count: int) -> list[Program]:
    """Return mutants of a small kernel."""
    return [Program(f"{name}.cu", text, np.dtype(np.uint8)) for text in mutants(KERNELS[name], count, name)]


def built_in(name: str, count: int) -> list[Program]:
    """Return mutants of a built-in filter's kernels, behind the prelude."""
    filter = installed().create(name, some_values(name))
    source = filter.source()
    texts = mutants(source.text, count, name)
    constants = {**CONSTANTS, **filter.constants()}
    return [specialize(Source(source.name, text), np.uint8, 3, constants) for text in texts]


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_before_its_mutation_is_right(name: str, nvrtc: Nvrtc) -> None:
    program = Program(f"{name}.cu", KERNELS[name], np.dtype(np.uint8))
    assert not refused_here(program)
    assert not refused_by(nvrtc, program)


def held(found: list[str], count: int) -> None:
    kinds = Counter(each.partition("\n")[0] for each in found)
    assert len(found) <= MOST_OTHERS * count, f"{kinds.most_common(20)}\n" + "\n\n".join(found[:20])


def test_what_nvrtc_refuses_is_refused_here(nvrtc: Nvrtc) -> None:
    programs = [program for name in KERNELS for program in small(name, 60)]
    held(accepted_here_only(nvrtc, programs), len(programs))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", KERNELS)
def test_what_nvrtc_refuses_of_a_small_kernel_is_refused_here(name: str, nvrtc: Nvrtc) -> None:
    held(accepted_here_only(nvrtc, small(name, 1000)), 1000)


@pytest.mark.exhaustive
@pytest.mark.parametrize("names", GROUPS, ids=" ".join)
def test_what_nvrtc_refuses_of_filters_is_refused_here(names: list[str], nvrtc: Nvrtc) -> None:
    held(accepted_here_only(nvrtc, (program for name in names for program in built_in(name, 50))), 50 * len(names))
