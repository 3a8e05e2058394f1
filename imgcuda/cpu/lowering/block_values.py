"""Values that are uniform over a block, in a kernel without barriers: computed once for the block, not for each vector.

LLVM moves what it can out of the loop over vectors, but not what takes a branch, as the index of a row that lies beyond
an image's edge. Of a condition on values from outside the loop it makes two loops.
"""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.lowering.barrier_calls import kind_of
from imgcuda.cpu.lowering.declarations import declaration, is_value, type_declared
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.side_effects import has_effects
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.value import BLOCK
from imgcuda.frontend import syntax


def declare_once(state: State, items: Sequence[syntax.Statement]) -> list[syntax.Statement]:
    """Compile declarations of values that are uniform over the block, before all other statements; return the rest."""
    flat = [each for item in items for each in (item.items if isinstance(item, syntax.Declarations) else (item,))]
    rest: list[syntax.Statement] = []
    names: set[str] = set()
    """The names declared in the rest."""
    for position, item in enumerate(flat):
        if not isinstance(item, syntax.Declaration) or has_effects(state, item, lambda name: False):
            return rest + flat[position:]
        if not _names(item) & names and _same_for_block(state, item):
            with state.at(item.place):
                declaration(state, item)
        else:
            rest.append(item)
            names.add(item.name)
    return rest


def _names(node: object) -> set[str]:
    return {each.name for each in syntax.walk(node) if isinstance(each, syntax.Name)}


def _same_for_block(state: State, node: syntax.Declaration) -> bool:
    if node.space or isinstance(node.type, syntax.ReferenceType) or not node.value:
        return False
    with state.collecting(), state.at(node.place):
        type = type_declared(state, node)
        if is_value(state, node, type) and not isinstance(node.value, syntax.Initializer):
            with state.unwritten():
                return kind_of(evaluate(state, node.value)) == BLOCK
    return False
