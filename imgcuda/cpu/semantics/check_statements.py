"""Reports what C++ refuses in statements and declarations."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from imgcuda.cpu.semantics.check_expressions import ExpressionChecker
from imgcuda.cpu.semantics.cxx_types import (
    UNKNOWN,
    VOID,
    Array,
    Enum,
    Pointer,
    Record,
    Type,
    as_written,
    decayed,
    plain,
    same,
    scalar,
    with_const,
)
from imgcuda.cpu.semantics.scopes import FILE_SCOPES, Symbol, Wrong
from imgcuda.cpu.values.types import Int
from imgcuda.errors import did_you_mean
from imgcuda.frontend import syntax
from imgcuda.frontend.constant_expressions import NotConstant, integer

_SIZED_BY_LAUNCH = "write extern __shared__ and empty brackets, and give the bytes by the launch's shared="


class StatementChecker(ExpressionChecker):
    """Checks the bodies of functions."""

    result: Type = VOID

    def statement(self, node: syntax.Statement) -> None:
        """Check one statement."""
        with self.recording_mistakes():
            _CHECKS[node.__class__](self, node)

    def _inner(self, node: syntax.Statement) -> None:
        """Check a statement in a scope of its own, like the body of an `if`."""
        with self.scope():
            self.statement(node)

    def _evaluate(self, node: syntax.Evaluate) -> None:
        self.type(node.value)

    def block(self, node: syntax.Block) -> None:
        """Check a block's statements, in a scope of their own."""
        with self.scope():
            self.items(node)

    def items(self, node: syntax.Block) -> None:
        """Check a block's statements in the scope around it."""
        for item in node.items:
            self.statement(item)

    def _if(self, node: syntax.If) -> None:
        with self.recording_mistakes():
            self.condition(node.condition)
        self._inner(node.then)
        if node.otherwise is not None:
            self._inner(node.otherwise)

    def _loop(self, node: syntax.Loop) -> None:
        with self.scope():
            if node.start is not None:
                self.statement(node.start)
            if node.condition is not None:
                with self.recording_mistakes():
                    self.condition(node.condition)
            if node.step is not None:
                with self.recording_mistakes():
                    self.type(node.step)
            # A name of the loop's head may not be declared again in its outermost block.
            if isinstance(node.body, syntax.Block) and node.start is not None:
                self.items(node.body)
            else:
                self._inner(node.body)

    def _switch(self, node: syntax.Switch) -> None:
        with self.recording_mistakes():
            type = self.value(node.value)
            if type != UNKNOWN and not isinstance(type, Enum) and not isinstance(scalar(type), Int):
                raise Wrong(f"'switch' is for integers; this is a {type}", node.value.place)
        seen = set[object]()
        with self.scope():
            for item in node.items:
                if isinstance(item, syntax.Case):
                    with self.recording_mistakes():
                        self._case(item, seen)
                else:
                    self.statement(item)

    def _case(self, node: syntax.Case, seen: set[object]) -> None:
        value = node.value.value if isinstance(node.value, syntax.NumberLiteral) else node.value and id(node)
        if node.value is not None and not self.type(node.value).constant:
            message = "a whole number that is known when the kernel is compiled is needed here"
            remedy = "use a #define, an enum, or a constant field of the filter"
            raise Wrong(message, node.value.place, remedy)
        if value in seen:
            raise Wrong("this case is here twice", node.place)
        seen.add(value)

    def _return(self, node: syntax.Return) -> None:
        if node.value is None:
            return
        given = self.type(node.value)
        if self.result != VOID:
            self.fits(given, self.result, node.value.place)
        elif plain(given.type) not in (VOID, UNKNOWN):
            remedy = "write 'return;', or give the function a type"
            raise Wrong("a void function cannot return a value", node.value.place, remedy)

    def _skip(self, node: object) -> None:
        pass

    # ---- declarations

    def _declarations(self, node: syntax.Declarations) -> None:
        for item in node.items:
            with self.recording_mistakes():
                self.declaration(item)

    def declaration(self, node: syntax.Declaration) -> None:
        """Check the declaration of a variable."""
        node = self._deduced(node) if _innermost(node.type) == "auto" else node
        type = self.resolve(node.type)
        reference = isinstance(node.type, syntax.ReferenceType)
        try:
            self._sizes(node.type, node.space)
            constant = self._initial(node, type, reference)
        except Wrong:
            if node.name not in self.scopes[-1]:
                self.scopes[-1][node.name] = Symbol(type)
            raise
        if node.space == "constant" and not isinstance(type, Array):
            type = with_const(type)
        usable = node.constexpr or (type.const and isinstance(scalar(type), Int))
        self.declare(node.name, Symbol(type, node.place, constant and usable), node.place)

    def _deduced(self, node: syntax.Declaration) -> syntax.Declaration:
        """Return a declaration with `auto` replaced by the type of its value."""
        if node.value is None or isinstance(node.value, syntax.Initializer) or len(self.scopes) <= FILE_SCOPES:
            raise Wrong("'auto' needs a value that tells the type", node.place, "write the type")
        given, type = self.type(node.value).type, node.type
        while isinstance(type, syntax.PointerType) and isinstance(given := decayed(given), Pointer):
            given, type = given.target, type.target
        written = as_written(given if isinstance(node.type, syntax.ReferenceType) else decayed(given), node.place)
        if written is None or isinstance(type, syntax.PointerType):
            raise Wrong(f"the type of '{node.name}' does not follow from its value here", node.place, "write the type")
        made = replace(node, type=_instead_of_auto(node.type, written))
        self.replaced[id(node)] = lambda renamed, names: replace(renamed, type=made.type)
        return made

    def _sizes(self, type: syntax.TypeName, space: str) -> None:
        """Check that the sizes of an array are constant expressions."""
        while isinstance(type, syntax.ArrayType):
            if type.size is not None:
                size = self.type(type.size)
                whole = isinstance(scalar(size.type), Int) or plain(size.type) == UNKNOWN
                if not size.constant or not whole:
                    message = "a whole number that is known when the kernel is compiled is needed here"
                    remedy = "use a #define, an enum, or a constant field of the filter"
                    raise Wrong(message, type.size.place, _SIZED_BY_LAUNCH if space == "shared" else remedy)
                self._at_least_one(type.size)
            type = type.element

    def _at_least_one(self, size: syntax.Expression) -> None:
        with suppress(NotConstant):  # as with a size made of enumerators
            if (value := integer(size)) <= 0:
                raise Wrong(f"an array must have a size of 1 at least; this is {value}", size.place)

    def _initial(self, node: syntax.Declaration, type: Type, reference: bool) -> bool:
        """Check a variable's initializer; return whether it is a constant expression."""
        if plain(type) == VOID:
            raise Wrong(f"the variable '{node.name}' cannot be of type void", node.place, "give it a type")
        if plain(type) == UNKNOWN and isinstance(node.type, syntax.NamedType):
            raise Wrong(f"the struct '{node.type.name}' has no fields here", node.place, "define it first")
        if node.space == "shared" and node.value is not None:
            message = f"shared memory cannot have first values, but '{node.name}' has"
            raise Wrong(message, node.place, "let the threads set it, and __syncthreads()")
        if node.value is None:
            self._without_value(node, type, reference)
            return False
        if isinstance(node.value, syntax.Initializer):
            return self.braces(node.value, type)
        # The scope of a variable begins at its name, so `int a = a` refers to itself.
        outer = self.scopes[-1].get(node.name)
        if outer is None:
            self.scopes[-1][node.name] = Symbol(type)
        try:
            given = self.type(node.value)
        finally:
            if outer is None:
                del self.scopes[-1][node.name]
        if reference:
            self.check_reference(given, type, node.value.place)
        elif isinstance(type, Array):
            if not (isinstance(given.type, Array) and plain(given.type) == UNKNOWN):
                raise Wrong("an array needs its values in braces", node.value.place)
        else:
            self.fits(given, type, node.value.place)
        return given.constant

    def _without_value(self, node: syntax.Declaration, type: Type, reference: bool) -> None:
        if reference:
            raise Wrong(f"the reference '{node.name}' refers to nothing", node.place, "give it a variable")
        if isinstance(type, Array) and type.size is None and _has_no_size(node.type) and not node.external:
            remedy = "write it between the brackets" if node.space != "shared" else _SIZED_BY_LAUNCH
            raise Wrong(f"the array '{node.name}' has no size", node.place, remedy)
        if type.const and not node.external:
            raise Wrong(f"'{node.name}' is const and has no value", node.place, "give it one, or take const away")
        if (field := self._const_field(type, set())) and not node.external:
            message = f"'{node.name}' has no value, but its field '{field}' is const"
            raise Wrong(message, node.place, "give it its values in braces, or take const away")

    def _const_field(self, type: Type, seen: set[str]) -> str:
        """Return the first const field of a structure, or of a structure in it; an empty string if there is none.

        The structures named in `seen` are skipped: they were searched before.
        """
        while isinstance(type, Array):
            type = type.element
        if not isinstance(type, Record) or type.name in seen:
            return ""
        seen.add(type.name)
        fields = self.fields.get(type.name, {})
        own = (name if each.const else self._const_field(each, seen) for name, each in fields.items())
        return next(filter(None, own), "")

    def braces(self, values: syntax.Initializer, type: Type) -> bool:
        """Check the values in braces, except those of parts without braces; return whether all are constants."""
        constant = True
        if values.names:
            self._designators(values, type)
        for position, value in enumerate(values.values):
            part = self._part(type, position, values.names)
            if isinstance(type, Array) and type.size is not None and position >= type.size:
                raise Wrong(f"there are more values here than a {type} has room for", value.place)
            if isinstance(value, syntax.Initializer):
                constant = self.braces(value, part) and constant
                continue
            with self.recording_mistakes():
                given = self.type(value)
                constant = constant and given.constant
                nested = isinstance(part, Array) or (isinstance(part, Record) and not same(given.type, part))
                if nested:
                    return constant  # the values of a part stand here without braces of their own
                self.fits(given, part, value.place)
        return constant

    def _designators(self, values: syntax.Initializer, type: Type) -> None:
        """Check the names of the fields in braces."""
        fields = list(self.fields.get(type.name, {})) if isinstance(type, Record) else []
        for name in values.names:
            if name not in fields:
                raise Wrong(f"a {plain(type)} has no field '{name}'{did_you_mean(name, fields)}", values.place)
        if [name for name in fields if name in values.names] != list(values.names):
            raise Wrong(f"the fields of a {plain(type)} are named out of order here", values.place, "sort them")

    def _part(self, type: Type, position: int, names: tuple[str, ...] = ()) -> Type:
        if names and isinstance(type, Record):
            return self.fields[type.name][names[position]]
        if isinstance(type, Array):
            return type.element
        if isinstance(type, Record):
            fields = list(self.fields.get(type.name, {}).values())
            return fields[position] if position < len(fields) else UNKNOWN
        return type if position == 0 else UNKNOWN


def _innermost(type: syntax.TypeName) -> str:
    """Return the name of the type that a pointer or reference leads to."""
    while not isinstance(type, syntax.NamedType):
        type = type.element if isinstance(type, syntax.ArrayType) else type.target
    return type.name


def _instead_of_auto(type: syntax.TypeName, written: syntax.TypeName) -> syntax.TypeName:
    if isinstance(type, syntax.PointerType | syntax.ReferenceType):
        return replace(type, target=_instead_of_auto(type.target, written))
    const = isinstance(type, syntax.NamedType) and type.const
    return (
        replace(written, const=True)
        if const and isinstance(written, syntax.NamedType | syntax.PointerType)
        else written
    )


def _has_no_size(type: syntax.TypeName) -> bool:
    """Return whether `[]` was written; a size that was written may not be known either."""
    return isinstance(type, syntax.ArrayType) and type.size is None


_CHECKS: dict[type, Callable[[StatementChecker, Any], None]] = {
    syntax.Declaration: StatementChecker.declaration,
    syntax.Declarations: StatementChecker._declarations,
    syntax.Evaluate: StatementChecker._evaluate,
    syntax.Block: StatementChecker.block,
    syntax.If: StatementChecker._if,
    syntax.Loop: StatementChecker._loop,
    syntax.Switch: StatementChecker._switch,
    syntax.Return: StatementChecker._return,
    syntax.Break: StatementChecker._skip,
    syntax.Continue: StatementChecker._skip,
}
