"""A kernel in C++, as Clang resolves it, as a syntax tree that the CPU engine compiles as any other."""

from __future__ import annotations

from functools import lru_cache

from imgcuda.cpu.cxx import clang
from imgcuda.cpu.cxx.constructors import CONSTRUCTORS
from imgcuda.cpu.cxx.declaration_order import in_order
from imgcuda.cpu.cxx.nodes import Node, Untranslatable, has, kind, walk
from imgcuda.cpu.cxx.translate_calls import CALLS
from imgcuda.cpu.cxx.translate_expressions import EXPRESSIONS
from imgcuda.cpu.cxx.translate_functions import function
from imgcuda.cpu.cxx.translate_lambdas import LAMBDAS
from imgcuda.cpu.cxx.translate_records import structure
from imgcuda.cpu.cxx.translate_statements import STATEMENTS
from imgcuda.cpu.cxx.translation import NodeHandlers, Translation
from imgcuda.cpu.cxx.tree_index import TreeIndex
from imgcuda.cpu.cxx.type_reader import name_of
from imgcuda.errors import KernelError, Mistake, PortabilityError
from imgcuda.frontend import syntax
from imgcuda.frontend.host_code import blanked
from imgcuda.frontend.parse import host_code
from imgcuda.frontend.source_lines import source_line
from imgcuda.frontend.syntax import Place
from imgcuda.programs.instances import is_instance

_MOST = 10
"""The most mistakes that an error tells."""
_HANDLERS = NodeHandlers(EXPRESSIONS | CALLS | CONSTRUCTORS | LAMBDAS, STATEMENTS, function, structure)


def translated(text: str, name: str, kernel: str) -> tuple[syntax.TranslationUnit, dict[str, syntax.Function]]:
    """Return a kernel's file with the types and constants that the kernel needs, and the kernel and its functions.

    `kernel` is a kernel's name, or that of an instance of a template: `scale<float, 3>`. Raises KernelError.
    """
    index = _index(text, name, (kernel,) if is_instance(kernel) else ())
    t = Translation(index, _HANDLERS)
    found = _kernel(index, kernel)
    if found is None:
        raise KernelError(f"{name}: there is no kernel '{kernel}'")
    try:
        function(t, found, t.unique(kernel))
    except Untranslatable as error:
        place = error.place
        line = source_line(text, name, place.file, place.line)
        raise PortabilityError(
            Mistake(error.message, place.file, place.line, place.column, line, error.remedy)
        ) from None
    t.unit.functions.extend(t.functions.values())
    in_order(t.unit)
    return t.unit, t.functions


@lru_cache(maxsize=4)
def _index(text: str, name: str, instances: tuple[str, ...]) -> TreeIndex:
    """Return a file's tree, without the parts of the host's code that Clang cannot read, as it has no headers."""
    given, host = text, list[tuple[Place, Place]]()
    while True:
        try:
            return TreeIndex(clang.syntax_tree(given, name, instances), given, name)
        except KernelError as error:
            host = host or host_code(text, name)
            left = blanked(given, name, [item for item in host if _is_wrong(item, error)])
            if left == given:
                raise KernelError(error.mistakes[:_MOST] or str(error)) from None
            given = left


def _is_wrong(item: tuple[Place, Place], error: KernelError) -> bool:
    """Return whether Clang found a mistake in a part of the host's code."""
    first, last = item
    return any(each.file == first.file and first.line <= each.line <= last.line for each in error.mistakes)


def _kernel(index: TreeIndex, kernel: str) -> Node | None:
    """Return the function that a kernel is; None if there is none."""
    if is_instance(kernel):
        instance = next(each for each in index.by_id.values() if name_of(each) == f"{clang.INSTANCE}0")
        return _named_in(index, instance)
    found = (each for each in index.by_id.values() if name_of(each) == kernel and has(each, "CUDAGlobalAttr"))
    return next((each for each in found if kind(index.parents[each["id"]]) != "FunctionTemplateDecl"), None)


def _named_in(index: TreeIndex, node: Node) -> Node | None:
    """Return the function that a variable's first value names."""
    named = next((each for each in walk(node) if kind(each) == "DeclRefExpr"), None)
    return None if named is None else index.by_id[named["referencedDecl"]["id"]]
