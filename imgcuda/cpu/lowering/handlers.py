"""The functions that compile each type of expression and statement: the tables of `dispatch`."""

from __future__ import annotations

from imgcuda.cpu.lowering import expressions, statements
from imgcuda.cpu.lowering.branches import branch
from imgcuda.cpu.lowering.calls import call
from imgcuda.cpu.lowering.conditionals import conditional
from imgcuda.cpu.lowering.declarations import braced, declaration
from imgcuda.cpu.lowering.loops import loop
from imgcuda.cpu.lowering.printing import text
from imgcuda.cpu.lowering.state import Handlers
from imgcuda.cpu.lowering.switches import switch
from imgcuda.frontend import syntax

HANDLERS = Handlers(
    expressions={
        syntax.NumberLiteral: expressions.literal,
        syntax.StringLiteral: text,
        syntax.Name: expressions.name_value,
        syntax.Index: expressions.lvalue_read,
        syntax.Member: expressions.lvalue_read,
        syntax.Unary: expressions.unary,
        syntax.Postfix: expressions.postfix,
        syntax.Binary: expressions.binary,
        syntax.Conditional: conditional,
        syntax.Assign: expressions.assign,
        syntax.Cast: expressions.cast,
        syntax.SizeOf: expressions.size_of_operand,
        syntax.Call: call,
        syntax.Braced: braced,
    },
    statements={
        syntax.Declaration: declaration,
        syntax.Declarations: statements.declarations,
        syntax.Evaluate: statements.expression,
        syntax.Block: statements.block,
        syntax.If: branch,
        syntax.Loop: loop,
        syntax.Switch: switch,
        syntax.Break: statements.break_statement,
        syntax.Continue: statements.continue_statement,
        syntax.Return: statements.return_statement,
    },
)
