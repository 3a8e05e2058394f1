"""`check`: reports what C++ refuses in a file's syntax tree, and resolves the overload of each call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from imgcuda.cpu.semantics import builtins
from imgcuda.cpu.semantics.check_statements import StatementChecker
from imgcuda.cpu.semantics.cxx_types import UNKNOWN, VOID, Type, plain, same
from imgcuda.cpu.semantics.overloads import Signature
from imgcuda.cpu.semantics.scopes import Symbol, Wrong
from imgcuda.errors import KernelError
from imgcuda.frontend import syntax
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes


@dataclass(frozen=True)
class Checked:
    """A file's functions under unique names, which their calls use, too."""

    functions: Mapping[str, syntax.Function]
    mistakes: Mistakes
    types: Mapping[str, Type] = field(default_factory=dict)
    """The types of the file, by their names."""
    fields: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)
    """The fields of its structures."""

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Raise the mistakes that C++ refuses, behind those of the kernel that is compiled in the block."""
        try:
            yield
        except KernelError as error:
            raise self.mistakes.added_to(error) from None
        except Exception:
            self.mistakes.raise_if_any()
            raise
        self.mistakes.raise_if_any()


def check(file: syntax.TranslationUnit, text: str, name: str, parsed: Mistakes | None = None) -> Checked:
    """Check a file, and resolve its overloads; `parsed` has the forgotten mistakes in declarations of the host."""
    checker = _TranslationUnitChecker(Mistakes(text, name))
    if parsed is not None:
        checker.mistakes.follow(parsed)
    checker.host = file.host
    try:
        checker.check(file)
    except EnoughMistakes:  # the functions that follow are not known
        checker.mistakes.raise_if_any()
    return Checked(checker.resolved(file), checker.mistakes, checker.types, checker.fields)


class _TranslationUnitChecker(StatementChecker):
    """Checks a whole file."""

    def check(self, file: syntax.TranslationUnit) -> None:
        # The parser knows types only from their declaration on, so only their order among each other matters here.
        types: list[syntax.Structure | syntax.Typedef | syntax.Enumeration] = []
        types += [*file.enumerations, *file.structures, *file.typedefs]
        types.sort(key=syntax.order)
        for type in types:
            self.declare_type(type)
        for item in file.items:
            with self.recording_mistakes():
                if isinstance(item, syntax.Function):
                    self._function(item)
                else:
                    self.declaration(item)
        self._field_defaults(file)
        self._all_defined()

    def _field_defaults(self, file: syntax.TranslationUnit) -> None:
        for structure in file.structures:
            for name, value in structure.defaults:
                type = self.fields.get(structure.name, {}).get(name, UNKNOWN)
                with self.recording_mistakes():
                    if isinstance(value, syntax.Initializer):
                        self.braces(value, type)
                    else:
                        self.fit(value, type)

    def _all_defined(self) -> None:
        """Report functions that are called, and declared but never defined."""
        bodies = {each.key: each.function for every in self.functions.values() for each in every}
        for key, call in self.called.items():
            function = bodies.get(key)
            if function is not None and function.body is None:
                remedy = "define it in this file"
                self.mistakes.add(f"{call.name}() is declared and never defined", call.place, remedy)

    def _function(self, node: syntax.Function) -> None:
        references = tuple(isinstance(each.type, syntax.ReferenceType) for each in node.parameters)
        types = [self.resolve(parameter.type) for parameter in node.parameters]
        types = [each if by else plain(each) for each, by in zip(types, references, strict=True)]
        made = Signature(node.name, tuple(types), references, self.resolve(node.result), node)
        try:
            self._declare_function(node, made)
        finally:
            self._default_arguments(node)
            if node.body is not None:
                self._body(node)

    def _default_arguments(self, node: syntax.Function) -> None:
        """Check default arguments. Their names are the file's, also in a call where a variable has the same name."""
        for parameter in node.parameters:
            if parameter.default is not None:
                with self.recording_mistakes():
                    self.fit(parameter.default, self.resolve(parameter.type))
                for each in syntax.walk(parameter.default):
                    if isinstance(each, syntax.Name) and each.name in self.scopes[-1]:
                        self.replaced[id(each)] = lambda made, names: replace(made, name=f"::{made.name}")

    def _declare_function(self, node: syntax.Function, made: Signature) -> None:
        given = [each.default is not None for each in node.parameters]
        if given != sorted(given):
            raise Wrong(
                f"a parameter of {node.name}() behind one with a default value has none", node.place, "give it one"
            )
        if node.kernel and made.result != VOID:
            raise Wrong(f"the kernel '{node.name}' must return void", node.place, "write its result to memory")
        if node.kernel and any(made.references):
            remedy = "pass the value, or a pointer to memory"
            raise Wrong(f"an argument of the kernel '{node.name}' cannot be a reference", node.place, remedy)
        known = self.functions.setdefault(node.name, [])
        if node.name in self.scopes[1]:
            known.append(made)
            raise Wrong(f"'{node.name}' is declared twice", node.place, "give the second a name of its own")
        before = next((each for each in known if each.like(made)), None)
        if before is None:
            known.append(made)
            return
        if not same(before.result, made.result):
            message = f"{made.key} returns a {made.result} here and a {before.result} where it was declared"
            raise Wrong(message, node.place, "use one type for both")
        if before.function is not None and node.body is not None:
            if before.function.body is not None:
                if before.function.place.file == syntax.PRELUDE:
                    raise Wrong(f"{made.key} is a function of imgcuda's", node.place, "give yours another name")
                raise Wrong(f"{made.key} is defined twice", node.place, "give the second a name of its own")
            device = node.device or before.function.device
            parameters = _with_defaults(node.parameters, before.function.parameters)
            known[known.index(before)] = replace(made, function=replace(node, device=device, parameters=parameters))

    def _body(self, node: syntax.Function) -> None:
        assert node.body is not None
        self.result = self.resolve(node.result)
        with self.scope():
            for parameter in node.parameters:
                with self.recording_mistakes():
                    self.declare(parameter.name, Symbol(self.resolve(parameter.type)), parameter.place)
            self.items(node.body)

    # ---- overloads

    def resolved(self, file: syntax.TranslationUnit) -> dict[str, syntax.Function]:
        """Return the defined functions under unique names, with calls that use these names."""
        keys = {each.key: self._own_name(each) for every in self.functions.values() for each in every}
        keys |= {key: key for key in self.library}
        names = {call: keys[signature.key] for call, signature in self.calls.items()}
        changed = bool(self.replaced) or any(keys[each.key] != each.name for each in self.calls.values())
        made: dict[str, syntax.Function] = {}
        for every in self.functions.values():
            for each in every:
                if each.function is not None and each.function.body is not None:
                    function = self.renamed(each.function, names) if changed else each.function
                    made[self._own_name(each)] = function
        return made | {key: each.function for key, each in self.library.items() if each.function is not None}

    def _own_name(self, signature: Signature) -> str:
        """Return a unique name for an overloaded function; a kernel keeps its name."""
        alone = len(self.functions[signature.name]) == 1 and not builtins.is_builtin(signature.name)
        kernel = signature.function is not None and signature.function.kernel
        return signature.name if alone or kernel else signature.key


def _with_defaults(
    parameters: tuple[syntax.FunctionParameter, ...], declared: tuple[syntax.FunctionParameter, ...]
) -> tuple[syntax.FunctionParameter, ...]:
    """Return a definition's parameters with the default values of an earlier declaration."""
    pairs = zip(parameters, declared, strict=True)
    return tuple(replace(each, default=each.default or before.default) for each, before in pairs)
