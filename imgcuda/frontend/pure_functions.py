"""The functions of CUDA whose result depends on their arguments alone, by name."""

from __future__ import annotations

import re

_MATHEMATICAL = (
    "acos asin atan atan2 cbrt ceil copysign cos cosh cospi exp exp10 exp2 expm1 fabs fdim floor fma fmax fmin fmod "
    "hypot ldexp llrint llround log log10 log1p log2 lrint lround nearbyint norm3d norm4d pow rcbrt remainder rhypot "
    "rint round rsqrt scalbln scalbn sin sinh sinpi sqrt tan tanh trunc"
)
"""Functions of doubles, or of both; with an f at the end, those of floats."""
_OTHERS = (
    "abs isfinite isinf isnan labs llabs llmax llmin max min signbit ullmax ullmin umax umin __ldg "
    "__brev __brevll __byte_perm __clz __clzll __ffs __ffsll __popc __popcll __sad __usad __saturatef __fdividef "
    "__cosf __exp10f __expf __log10f __log2f __logf __powf __sinf __tanf "
    "__hadd __rhadd __uhadd __urhadd __mul24 __mul64hi __mulhi __umul24 __umul64hi __umulhi "
    "__funnelshift_l __funnelshift_lc __funnelshift_r __funnelshift_rc __double2hiint __double2loint __hiloint2double"
)
_NAMES = frozenset([*_MATHEMATICAL.split(), *(f"{name}f" for name in _MATHEMATICAL.split()), *_OTHERS.split()])
_NUMBER = "(float|double|int|uint|ll|ull|longlong)"
_PATTERN = re.compile(
    rf"__{_NUMBER}(2{_NUMBER}_r[dnuz]|_as_{_NUMBER})"
    "|__[df](add|div|mul|rcp|sqrt|sub|rsqrt)_rn|__fmaf?_rn"
    "|make_u?(char|short|int|long|longlong)[1-4]|make_(float|double)[1-4]"
)


def is_pure(name: str) -> bool:
    """Return whether CUDA has a function of this name whose result depends on its arguments alone."""
    return name in _NAMES or _PATTERN.fullmatch(name) is not None
