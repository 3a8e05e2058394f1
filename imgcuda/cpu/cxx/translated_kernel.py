"""A kernel in C++, as Clang resolves it, as a syntax tree that the CPU engine compiles as any other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from imgcuda.cpu.cxx import clang
from imgcuda.cpu.cxx.constructors import CONSTRUCTORS
from imgcuda.cpu.cxx.declaration_order import in_order
from imgcuda.cpu.cxx.errors_in_reach import errors_in_reach
from imgcuda.cpu.cxx.marked_specializations import with_marks
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
from imgcuda.frontend.source_lines import source_line
from imgcuda.programs.instances import is_instance, template_of

_MOST = 10
"""The most mistakes that an error tells."""
_HANDLERS = NodeHandlers(EXPRESSIONS | CALLS | CONSTRUCTORS | LAMBDAS, STATEMENTS, function, structure)


def translated(text: str, name: str, kernel: str) -> tuple[syntax.TranslationUnit, dict[str, syntax.Function]]:
    """Return a kernel's file with the types and constants that the kernel needs, and the kernel and its functions.

    `kernel` is a kernel's name, or that of an instance of a template: `scale<float, 3>`. Raises KernelError.
    """
    index, errors = _index(text, name, (kernel,) if is_instance(kernel) else ())
    t = Translation(index, _HANDLERS)
    found = _kernel(index, kernel)
    if found is None:
        raise KernelError(errors[-1:] or f"{name}: there is no kernel '{kernel}'")
    try:
        function(t, found, t.unique(kernel))
    except Untranslatable as error:
        _refuse_errors(t, errors, text, name)
        place = error.place
        line = source_line(text, name, place.file, place.line)
        raise PortabilityError(
            Mistake(error.message, place.file, place.line, place.column, line, error.remedy)
        ) from None
    _refuse_errors(t, errors, text, name)
    t.unit.functions.extend(t.functions.values())
    in_order(t.unit)
    return t.unit, t.functions


def _refuse_errors(t: Translation, errors: Sequence[Mistake], text: str, name: str) -> None:
    """Raise KernelError with those of Clang's errors that matter to what has been translated."""
    found = errors_in_reach(t, errors, text, name) if errors else []
    if found:
        raise KernelError(found[:_MOST])


@lru_cache(maxsize=4)
def _index(text: str, name: str, instances: tuple[str, ...]) -> tuple[TreeIndex, list[Mistake]]:
    given = with_marks(text, name)
    tree, errors = clang.syntax_tree(given, name, instances)
    index = TreeIndex(tree, text, name)
    if instances and errors and (scope := _scope(index, instances[0])):
        tree, errors = clang.syntax_tree(given, name, instances, scope)
        index = TreeIndex(tree, text, name)
    return index, errors


def _scope(index: TreeIndex, instance: str) -> str:
    """Return the namespace of the template of an instance, as `a::b`; an empty string for one outside of namespaces."""
    name = template_of(instance)
    templates = (each for each in index.by_id.values() if kind(each) == "FunctionTemplateDecl")
    node = next((each for each in templates if name_of(each) == name), None)
    names = list[str]()
    while node is not None and kind(node := index.parents[node["id"]]) == "NamespaceDecl":
        names.insert(0, name_of(node))
    return "::".join(filter(None, names))


def _kernel(index: TreeIndex, kernel: str) -> Node | None:
    """Return the function that a kernel is; None if there is none."""
    if is_instance(kernel):
        made = (each for each in index.by_id.values() if name_of(each) == f"{clang.INSTANCE}0")
        instance = next(made, None)
        return None if instance is None else _named_in(index, instance)
    kernels = (each for each in index.by_id.values() if name_of(each) == kernel and has(each, "CUDAGlobalAttr"))
    found = [each for each in kernels if kind(index.parents[each["id"]]) != "FunctionTemplateDecl"]
    defined = [each for each in found if has(index.definition(each), "CompoundStmt")]
    return next(iter([*defined, *found]), None)


def _named_in(index: TreeIndex, node: Node) -> Node | None:
    """Return the function that a variable's first value names."""
    named = next((each for each in walk(node) if kind(each) == "DeclRefExpr"), None)
    return None if named is None else index.by_id[named["referencedDecl"]["id"]]
