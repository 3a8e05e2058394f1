"""Syntax trees as JSON: the translation of a kernel is kept on disk, so that the next process need not ask Clang."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from inspect import getmembers
from typing import Any, TypeAlias

from imgcuda import kernel_cache
from imgcuda.cpu.code import cache_key
from imgcuda.cpu.cxx import clang
from imgcuda.frontend import syntax

Translated: TypeAlias = tuple[syntax.TranslationUnit, dict[str, syntax.Function]]
"""A kernel's file in our tree, and its functions by their names."""


def kept(text: str, name: str, kernel: str, translate: Callable[[], Translated]) -> Translated:
    """Return the translation of a kernel from the cache on disk; or make it, and keep it there."""
    key = cache_key("cxx", clang.edition(), text, name, kernel)
    found = _stored(key)
    if found is None:
        found = translate()
        unit = found[0]
        kernel_cache.put(
            key, json.dumps([_plain(unit.functions), _plain(unit.structures), _plain(unit.globals)]).encode()
        )
    return found


def _stored(key: str) -> Translated | None:
    """Return the translation in the cache under a key; None if there is none, or one in another form."""
    try:
        functions, structures, globals = map(_node, json.loads(kernel_cache.get(key) or b""))
        unit = syntax.TranslationUnit(list(functions), list(structures), globals=list(globals), items=list(globals))
        return unit, {each.name: each for each in functions}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _plain(node: Any) -> Any:
    """Return a part of a tree as JSON has it: a node as the name of its class and its parts."""
    if isinstance(node, list | tuple):
        return [None, *map(_plain, node)]
    if isinstance(node, bytes):
        return ["bytes", node.hex()]
    if not is_dataclass(node):
        return node
    return [type(node).__name__, *(_plain(getattr(node, each.name)) for each in fields(node))]


def _node(plain: Any) -> Any:
    if not isinstance(plain, list):
        return plain
    kind, *parts = plain
    if kind is None:
        return tuple(map(_node, parts))
    return bytes.fromhex(parts[0]) if kind == "bytes" else _classes()[kind](*map(_node, parts))


@cache
def _classes() -> dict[str, Callable[..., Any]]:
    return {name: each for name, each in getmembers(syntax, is_dataclass) if isinstance(each, type)}
