"""Random kernels, written twice: in CUDA C, and as the same C for one thread after the other.

Every program is free of undefined behavior and of races: signed arithmetic stays within the range that its
operands' bounds allow, or goes through unsigned; indices and shifts are masked; shared memory is written by its
owner in one phase and read by others in the next.
"""

# ruff: noqa: E501 - a case is one line
from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

TYPES = {"i8": (True, 8), "u8": (False, 8), "i16": (True, 16), "u16": (False, 16), "i32": (True, 32), "u32": (False, 32),
         "i64": (True, 64), "u64": (False, 64), "bool": (False, 1)}  # fmt: skip
TYPEDEFS = """typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64; typedef float f32;
"""
THREADS = (7, 8, 24, 32, 33, 48)
IN = 64
"""Elements of the arrays that a kernel reads."""
OUT = 6
"""Numbers that each thread writes."""


def bounds(type: str) -> tuple[int, int]:
    signed, bits = TYPES[type]
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


class Expr(NamedTuple):
    """An expression, its C type and the bounds of its value."""

    text: str
    type: str
    low: int
    high: int


@dataclass
class Generated:
    cuda: str
    c: str
    block: int
    divergent: bool = False
    """Whether some threads may not come to a barrier that others reach."""


@dataclass
class Scope:
    """The names that may be used at a point."""

    variables: dict[str, str] = field(default_factory=dict)
    readonly: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    arrays: dict[str, tuple[str, int]] = field(default_factory=dict)
    tables: dict[str, tuple[str, int]] = field(default_factory=dict)
    structs: list[str] = field(default_factory=list)

    def inner(self) -> Scope:
        return Scope(
            dict(self.variables), dict(self.readonly), dict(self.arrays), dict(self.tables), list(self.structs)
        )


def promoted(type: str) -> str:
    return type if TYPES[type][1] >= 32 else "i32"


def common(left: str, right: str) -> str:
    left, right = promoted(left), promoted(right)
    return next(type for type in ("u64", "i64", "u32", "i32") if type in (left, right))


class Generator:
    """Makes one program."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)
        self.prefix = f"p{seed}_"
        self.count = 0
        self.functions: list[tuple[str, str, list[str]]] = []
        self.loops = 0
        self.floats = self.r.random() < 0.4
        self.counters: list[str] = []
        self.returns = ""
        self.divergent = False

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    # ---- expressions

    def expr(self, scope: Scope, depth: int) -> Expr:
        r = self.r
        if depth <= 0 or r.random() < 0.12:
            return self.leaf(scope)
        kind = r.choice(["arith"] * 5 + ["divide", "shift", "bits", "bits", "compare", "logic", "choose", "cast", "cast", "unary", "index", "call"]
                        + ["float"] * (2 * self.floats))  # fmt: skip
        made: Expr = getattr(self, f"_{kind}")(scope, depth)
        return made

    def leaf(self, scope: Scope) -> Expr:
        r = self.r
        kind = r.choice(["const", "variable", "variable", "readonly", "array", "struct"])
        if kind == "variable" and scope.variables:
            name = r.choice(list(scope.variables))
            return Expr(name, scope.variables[name], *bounds(scope.variables[name]))
        if kind == "readonly" and scope.readonly:
            name = r.choice(list(scope.readonly))
            return Expr(name, *scope.readonly[name])
        if kind == "array" and (scope.arrays or scope.tables):
            return self._index(scope, 1)
        if kind == "struct" and scope.structs:
            field, type = r.choice(
                [("a", "i8"), ("b", "u32"), ("c[1]", "i16"), (f"c[{self.position(scope, 0, 4)}]", "i16")]
            )
            return Expr(f"{r.choice(scope.structs)}.{field}", type, *bounds(type))
        return self.const()

    def const(self) -> Expr:
        r = self.r
        value = r.choice(
            [0, 1, 2, 3, 7, 10, 31, 100, 255, 256, 1000, 65535, 2**31 - 1, r.randrange(2**20), r.randrange(64)]
        )
        suffix, type = r.choice([("", "i32"), ("", "i32"), ("u", "u32"), ("LL", "i64"), ("ull", "u64")])
        return Expr(f"{value}{suffix}", type, value, value)

    def position(self, scope: Scope, depth: int, size: int) -> str:
        """Return an index below a power of two."""
        given = self.expr(scope, depth)
        return f"({given.text}) & {size - 1}"

    def _index(self, scope: Scope, depth: int) -> Expr:
        arrays = {**scope.arrays, **scope.tables}
        if not arrays:
            return self.const()
        name = self.r.choice(list(arrays))
        type, size = arrays[name]
        return Expr(f"{name}[{self.position(scope, depth - 1, size)}]", type, *bounds(type))

    def _arith(self, scope: Scope, depth: int) -> Expr:
        left, right = self.expr(scope, depth - 1), self.expr(scope, depth - 1)
        operator = self.r.choice("+-*")
        type = common(left.type, right.type)
        if not TYPES[type][0]:
            return Expr(f"({left.text} {operator} {right.text})", type, *bounds(type))
        ends = [a + b if operator == "+" else a - b if operator == "-" else a * b
                for a in (left.low, left.high) for b in (right.low, right.high)]  # fmt: skip
        if operator == "-":
            ends = [left.low - right.high, left.high - right.low]
        low, high = bounds(type)
        if low <= min(ends) and max(ends) <= high:
            return Expr(f"({left.text} {operator} {right.text})", type, min(ends), max(ends))
        wide = "u" + type[1:]
        return Expr(f"({type})(({wide}){left.text} {operator} ({wide}){right.text})", type, low, high)

    def _divide(self, scope: Scope, depth: int) -> Expr:
        left, right = self.expr(scope, depth - 1), self.expr(scope, depth - 1)
        operator = self.r.choice("/%")
        if self.r.random() < 0.5:
            divisor = Expr(str(self.r.choice([1, 2, 3, 5, 7, 8, 10, 100, 255, 641])), "i32", 1, 641)
        else:
            divisor = Expr(f"((({right.text}) & 63) + 1)", common(right.type, "i32"), 1, 64)
            if self.r.random() < 0.3 and TYPES[divisor.type][0]:
                divisor = Expr(f"(-{divisor.text} - 1)", divisor.type, -65, -2)
        type = common(left.type, divisor.type)
        return Expr(f"({left.text} {operator} {divisor.text})", type, *bounds(type))

    def _shift(self, scope: Scope, depth: int) -> Expr:
        left, right = self.expr(scope, depth - 1), self.expr(scope, depth - 1)
        type = promoted(left.type)
        count = f"(({right.text}) & {TYPES[type][1] - 1})"
        if self.r.random() < 0.5:
            return Expr(f"({left.text} >> {count})", type, *bounds(type))
        return Expr(f"({type})((u{type[1:]}){left.text} << {count})", type, *bounds(type))

    def _bits(self, scope: Scope, depth: int) -> Expr:
        left, right = self.expr(scope, depth - 1), self.expr(scope, depth - 1)
        if self.r.random() < 0.3:
            mask = self.r.choice([1, 3, 7, 15, 255, 1023, 65535])
            return Expr(f"({left.text} & {mask})", common(left.type, "i32"), 0, mask)
        type = common(left.type, right.type)
        return Expr(f"({left.text} {self.r.choice('&|^')} {right.text})", type, *bounds(type))

    def _compare(self, scope: Scope, depth: int) -> Expr:
        left, right = self.expr(scope, depth - 1), self.expr(scope, depth - 1)
        return Expr(f"({left.text} {self.r.choice(['<', '>', '<=', '>=', '==', '!='])} {right.text})", "i32", 0, 1)

    def _logic(self, scope: Scope, depth: int) -> Expr:
        left, right = self.expr(scope, depth - 1), self.expr(scope, depth - 1)
        return Expr(f"({left.text} {self.r.choice(['&&', '||'])} {right.text})", "i32", 0, 1)

    def _choose(self, scope: Scope, depth: int) -> Expr:
        test, then, other = (self.expr(scope, depth - 1) for _ in range(3))
        type = common(then.type, other.type)
        low, high = min(then.low, other.low), max(then.high, other.high)
        if not bounds(type)[0] <= low <= high <= bounds(type)[1]:
            low, high = bounds(type)
        return Expr(f"({test.text} ? {then.text} : {other.text})", type, low, high)

    def _cast(self, scope: Scope, depth: int) -> Expr:
        value, type = self.expr(scope, depth - 1), self.r.choice(list(TYPES))
        low, high = bounds(type)
        if low <= value.low and value.high <= high:
            low, high = value.low, value.high
        return Expr(f"({type})({value.text})", type, low, high)

    def _unary(self, scope: Scope, depth: int) -> Expr:
        value = self.expr(scope, depth - 1)
        type = promoted(value.type)
        operator = self.r.choice("~!-")
        if operator == "!":
            return Expr(f"(!{value.text})", "i32", 0, 1)
        if operator == "~":
            return Expr(f"(~{value.text})", type, *bounds(type))
        if TYPES[type][0] and value.low == bounds(type)[0]:
            return Expr(f"({type})(-(u{type[1:]}){value.text})", type, *bounds(type))
        return Expr(f"(-{value.text})", type, *((-value.high, -value.low) if TYPES[type][0] else bounds(type)))

    def _float(self, scope: Scope, depth: int) -> Expr:
        value = self.number(scope, depth - 1)
        if self.r.random() < 0.3:
            return Expr(
                f"({value} {self.r.choice(['<', '>', '<=', '>=', '==', '!='])} {self.number(scope, depth - 1)})",
                "i32",
                0,
                1,
            )
        type = self.r.choice(["i32", "i64", "i16", "i8", "u8"])
        return Expr(f"({type})(i32)fminf(fmaxf({value}, -100000.5f), 100000.5f)", type, *bounds(type))

    def number(self, scope: Scope, depth: int) -> str:
        """Return a float."""
        kind = self.r.random()
        if depth <= 0 or kind < 0.3:
            return (
                f"(f32)({self.expr(scope, depth - 1).text})"
                if kind < 0.2
                else self.r.choice(["0.5f", "3.0f", "0.1f", "1e6f", "-7.25f", "255.0f"])
            )
        return f"({self.number(scope, depth - 1)} {self.r.choice('+-*/')} {self.number(scope, depth - 1)})"

    def _call(self, scope: Scope, depth: int) -> Expr:
        if not self.functions:
            return self.expr(scope, depth - 1)
        name, type, parameters = self.r.choice(self.functions)
        given = ", ".join(self.expr(scope, min(depth - 1, 1)).text for _ in parameters)
        return Expr(f"{name}({given})", type, *bounds(type))

    # ---- statements

    def block(self, scope: Scope, depth: int, length: int) -> str:
        scope = scope.inner()
        return "{ " + " ".join(self.statement(scope, depth) for _ in range(length)) + " }"

    def statement(self, scope: Scope, depth: int) -> str:
        r = self.r
        kinds = ["set"] * 4 + ["compound", "compound", "step", "store", "field", "declare", "declare"]
        if depth > 0:
            kinds += (
                ["if", "if", "loop", "while", "do", "switch", "pick"]
                + ["leave"] * (2 * (self.loops > 0))
                + ["finish"] * bool(self.returns)
            )
        made: str = getattr(self, f"_do_{r.choice(kinds)}")(scope, depth)
        return made

    def _do_set(self, scope: Scope, depth: int) -> str:
        if not scope.variables:
            return self._do_declare(scope, depth)
        return f"{self.r.choice(list(scope.variables))} = {self.expr(scope, 3).text};"

    def _do_pick(self, scope: Scope, depth: int) -> str:
        """A pointer that threads set differently."""
        if not self.sources:
            return ";"
        pointer = self.name("q")
        name, type = self.r.choice(self.sources)
        made = f"const {type} *{pointer} = {name} + ({self.position(scope, 1, 16)});"
        if self.r.random() < 0.5:
            made += f" if ({self.expr(scope, 2).text}) {pointer} += {self.position(scope, 1, 8)};"
        if self.r.random() < 0.5:
            made += f" {pointer}++;"
        inner = scope.inner()
        inner.tables[pointer] = (type, 8)
        return "{ " + made + " " + self._do_set(inner, depth) + " " + self._do_set(inner, depth) + " }"

    def _do_compound(self, scope: Scope, depth: int) -> str:
        if not scope.variables:
            return ";"
        name = self.r.choice(list(scope.variables))
        type, value = scope.variables[name], self.expr(scope, 2)
        if type == "bool":
            return f"{name} {self.r.choice(['|=', '&=', '^='])} {value.text};"
        if TYPES[common(type, value.type)][0] and TYPES[type][1] >= 16:
            return f"{name} {self.r.choice(['|=', '&=', '^='])} {value.text};"
        if TYPES[common(type, value.type)][0]:
            return f"{name} {self.r.choice(['+=', '-=', '*='])} ({value.text}) & 1023;"
        return f"{name} {self.r.choice(['+=', '-=', '*=', '|=', '^='])} {value.text};"

    def _do_step(self, scope: Scope, depth: int) -> str:
        names = [name for name, type in scope.variables.items() if type in ("u8", "i8", "u16", "i16", "u32", "u64")]
        if not names:
            return ";"
        name, target = self.r.choice(names), self.r.choice(list(scope.variables))
        step = self.r.choice([f"{name}++", f"{name}--", f"++{name}", f"--{name}"])
        return f"{target} = {step};" if target != name and self.r.random() < 0.5 else f"{step};"

    def _do_store(self, scope: Scope, depth: int) -> str:
        if not scope.arrays:
            return ";"
        name = self.r.choice(list(scope.arrays))
        return f"{name}[{self.position(scope, 2, scope.arrays[name][1])}] = {self.expr(scope, 3).text};"

    def _do_field(self, scope: Scope, depth: int) -> str:
        if not scope.structs:
            return ";"
        if len(scope.structs) > 1 and self.r.random() < 0.4:
            left, right = self.r.sample(scope.structs, 2)
            return f"{left} = {right};"
        field = self.r.choice(["a", "b", f"c[{self.position(scope, 1, 4)}]"])
        return f"{self.r.choice(scope.structs)}.{field} = {self.expr(scope, 3).text};"

    def _do_declare(self, scope: Scope, depth: int) -> str:
        kind = self.r.random()
        if kind < 0.65:
            type, name, value = self.r.choice(list(TYPES)), self.name("v"), self.expr(scope, 2).text
            scope.variables[name] = type
            return f"{type} {name} = {value};"
        if kind < 0.85:
            type, name, size = self.r.choice(list(TYPES)), self.name("a"), self.r.choice([2, 4, 8])
            values = ", ".join(self.expr(scope, 1).text for _ in range(self.r.randrange(1, size + 1)))
            scope.arrays[name] = (type, size)
            # gcc warns of narrowing in braces only; the value is converted as in an assignment.
            return f"{type} {name}[{size}] = {{{values}}};"
        name = self.name("s")
        text = f"struct S {name} = {{{self.expr(scope, 1).text}, {self.expr(scope, 1).text}, {{{self.expr(scope, 1).text}}}}};"
        scope.structs.append(name)
        return text

    def _do_if(self, scope: Scope, depth: int) -> str:
        text = f"if ({self.expr(scope, 2).text}) {self.block(scope, depth - 1, self.r.randrange(1, 4))}"
        return text + (f" else {self.block(scope, depth - 1, self.r.randrange(1, 3))}" if self.r.random() < 0.5 else "")

    def _limit(self, scope: Scope) -> str:
        return str(self.r.randrange(1, 6)) if self.r.random() < 0.5 else f"(i32)({self.position(scope, 2, 8)})"

    def _looping(self, scope: Scope, counter: str, depth: int) -> str:
        inner = scope.inner()
        inner.readonly[counter] = ("i32", 0, 9)
        self.loops += 1
        text = self.block(inner, depth - 1, self.r.randrange(1, 4))
        self.loops -= 1
        return text

    def _do_loop(self, scope: Scope, depth: int) -> str:
        i = self.name("j")
        return f"for (i32 {i} = 0; {i} < {self._limit(scope)}; {i}++) {self._looping(scope, i, depth)}"

    def _do_while(self, scope: Scope, depth: int) -> str:
        i = self.name("w")
        body = self._looping(scope, i, depth)
        return f"{{ i32 {i} = {self._limit(scope)}; while ({i}-- > 0) {body} }}"

    def _do_do(self, scope: Scope, depth: int) -> str:
        i = self.name("d")
        body = self._looping(scope, i, depth)
        return f"{{ i32 {i} = 0; do {body} while (++{i} < {self._limit(scope)}); }}"

    def _do_switch(self, scope: Scope, depth: int) -> str:
        labels = self.r.sample(range(8), self.r.randrange(1, 5))
        parts = [f"case {label}:" for label in labels]
        if self.r.random() < 0.6:
            parts.insert(self.r.randrange(len(parts) + 1), "default:")
        text = f"switch (({self.expr(scope, 2).text}) & 7) {{ "
        for part in parts:
            text += (
                part
                + " "
                + (self.block(scope, depth - 1, self.r.randrange(1, 3)) if self.r.random() < 0.8 else ";")
                + " "
            )
            text += "break; " if self.r.random() < 0.6 else ""
            if self.r.random() < 0.2:
                text += f"if ({self.expr(scope, 1).text}) break; "
        return text + "}"

    def _do_leave(self, scope: Scope, depth: int) -> str:
        return f"if ({self.expr(scope, 2).text}) {self.r.choice(['break', 'continue'])};"

    def _do_finish(self, scope: Scope, depth: int) -> str:
        return f"if ({self.expr(scope, 2).text}) {self.returns}"

    # ---- the program

    def function(self) -> str:
        name, type = f"{self.prefix}f{len(self.functions)}", self.r.choice(list(TYPES))
        parameters = [(self.r.choice(list(TYPES)), self.name("g")) for _ in range(self.r.randrange(1, 4))]
        scope = Scope({each: kind for kind, each in parameters}, {}, {}, dict(self.tables))
        self.returns = f"return {self.expr(scope, 1).text};"
        body = " ".join(self.statement(scope, 2) for _ in range(self.r.randrange(1, 4)))
        text = f"__device__ {type} {name}({', '.join(f'{kind} {each}' for kind, each in parameters)}) {{ {body} return {self.expr(scope, 2).text}; }}\n"
        self.functions.append((name, type, [kind for kind, _ in parameters]))
        return text

    def generate(self) -> Generated:
        r = self.r
        self.block_size = r.choice(THREADS)
        self.tables: dict[str, tuple[str, int]] = {}
        self.sources: list[tuple[str, str]] = []
        head = ""
        if r.random() < 0.7:
            name, type = f"{self.prefix}t", r.choice(list(TYPES))
            low, high = bounds(type)
            head += f"__constant__ {type} {name}[8] = {{{', '.join(str(r.randint(max(low, -1000), min(high, 1000))) for _ in range(8))}}};\n"
            self.tables[name] = (type, 8)
        for _ in range(r.randrange(3)):
            head += self.function()
        self.sources = [("in", "i32"), ("bytes", "u8")]
        self.returns = ""
        scope = Scope(
            {},
            {"x": ("i32", 0, 63), "n": ("i32", 0, 100), "b": ("i32", 0, 10), "threadIdx.x": ("u32", 0, 63)},
            {},
            dict(self.tables),
        )
        scope.tables |= {"in": ("i32", 64), "bytes": ("u8", 64)}
        if r.random() < 0.35:
            return self._with_barriers(head, scope)
        return self._plain(head, scope)

    def _plain(self, head: str, scope: Scope) -> Generated:
        self.returns = "return;" if self.r.random() < 0.3 else ""
        body = ""
        for j in range(OUT):
            body += "        " + " ".join(self.statement(scope, 3) for _ in range(self.r.randrange(1, 4))) + "\n"
            body += f"        out[(b * {self.block_size} + x) * {OUT} + {j}] = (u64)({self.expr(scope, 3).text});\n"
        start = "int x = threadIdx.x, b = blockIdx.x;\n"
        kernel = f"__global__ void {self.prefix}k(u64 *out, const i32 *in, const u8 *bytes, i32 n) {{\n        {start}{body}}}\n"
        call = (
            f"for (threadIdx.x = 0; threadIdx.x < {self.block_size}; threadIdx.x++) {self.prefix}k(out, in, bytes, n);"
        )
        return Generated(head + kernel, head + kernel + self._driver(call), self.block_size)

    def _driver(self, block: str) -> str:
        return (f"void {self.prefix}run(u64 *out, const i32 *in, const u8 *bytes, i32 n, i32 grid) {{\n"
                f"    for (blockIdx.x = 0; blockIdx.x < grid; blockIdx.x++) {{ {block} }}\n}}\n")  # fmt: skip

    def _with_barriers(self, head: str, scope: Scope) -> Generated:
        """Phases: in one a thread writes its own element of shared memory, in the next it may read any."""
        r = self.r
        type = r.choice(list(TYPES))
        kept = {self.name("k"): r.choice(list(TYPES)) for _ in range(r.randrange(1, 5))}
        array = (self.name("m"), r.choice(list(TYPES)))
        scope.variables |= kept
        scope.arrays[array[0]] = (array[1], 4)
        self.phases: list[str] = []
        returns = r.random() < 0.3
        cuda, c = self._phases(scope, type, r.randrange(2, 5), 2, returns)
        last = self.phase(
            "".join(
                f"out[(b * {self.block_size} + x) * {OUT} + {j}] = (u64)({self.expr(scope, 3).text}); "
                for j in range(OUT)
            )
        )
        self.initial = {name: r.randrange(2 if kind == "bool" else 100) for name, kind in kept.items()}
        declared = "".join(f"{kind} {name} = {self.initial[name]}; " for name, kind in kept.items())
        start = f"__shared__ {type} sh[64]; int x = threadIdx.x, b = blockIdx.x; {declared} {array[1]} {array[0]}[4] = {{1, 0, 1}};"
        kernel = (f"#define RETURN return\n__global__ void {self.prefix}k(u64 *out, const i32 *in, const u8 *bytes, i32 n) {{\n"
                  f"        {start}\n        for (int i = x; i < 64; i += {self.block_size}) sh[i] = i < {self.block_size} ? 0 : 1; __syncthreads();\n"
                  f"{cuda}        {self.phases[last]}\n}}\n#undef RETURN\n")  # fmt: skip
        return Generated(
            head + kernel, head + self._in_phases(type, kept, array, c, last), self.block_size, self.divergent
        )

    def phase(self, text: str) -> int:
        self.phases.append(text)
        return len(self.phases) - 1

    def _phases(self, scope: Scope, type: str, count: int, depth: int, returns: bool) -> tuple[str, str]:
        """Return CUDA's form of some phases, and what runs them in C."""
        cuda = c = ""
        for _ in range(count):
            kind = self.r.random()
            if depth and kind < 0.25:
                i = self.name("z")
                inner = scope.inner()
                inner.readonly[i] = ("i32", 0, 5)
                limit: int | str = (
                    self.r.randrange(1, 5) if self.r.random() < 0.7 else self.r.choice(["(n & 3)", "(x & 3)"])
                )
                a, b = self._phases(inner, type, self.r.randrange(1, 3), depth - 1, returns)
                if limit == "(x & 3)":
                    limit_of_all: int | str = 4
                    b = self._only_for(f"G{i} < (x & 3)", b)
                else:
                    limit_of_all = limit
                cuda += f"        for (i32 {i} = 0; {i} < {limit}; {i}++) {{\n{a}        }}\n"
                c += f"for (G{i} = 0; G{i} < {limit_of_all}; G{i}++) {{ {b} }}\n"
                self.counters.append(i)
            elif depth and kind < 0.35:
                test = self.r.choice(["n & 1", "b == 0", "n > 50", "(b + n) & 2", "x < 20", "(x ^ n) & 1", "x >= n"])
                a, b = self._phases(scope, type, 1, depth - 1, returns)
                cuda += f"        if ({test}) {{\n{a}        }}\n"
                c += self._only_for(test, b) if "x" in test else f"if ({test}) {{ {b} }}\n"
            else:
                reads = scope.inner()
                reads.tables["sh"] = (type, 64)
                self.returns = "RETURN;" if returns else ""
                first = self.phase(
                    self.block(scope, 2, self.r.randrange(1, 4)) + f" sh[x] = {self.expr(scope, 3).text};"
                )
                second = self.phase(self.block(reads, 2, self.r.randrange(1, 4)))
                self.returns = ""
                cuda += "".join(f"        {self.phases[each]}\n        __syncthreads();\n" for each in (first, second))
                c += "".join(f"ALL({self.prefix}phase{each}) " for each in (first, second))
        return cuda, c

    def _only_for(self, test: str, phases: str) -> str:
        """Return C for phases that only those threads run for which something holds; the others wait behind them."""
        self.divergent = True
        off = f"{self.prefix}{self.name('off')}"
        each = "for (int x = 0; x < SIZE; x++)"
        return (f"{{ static int {off}[64]; {each} {{ {off}[x] = 2 * !({test}); t[x].gone += {off}[x]; }}\n"
                f"{phases} {each} t[x].gone -= {off}[x]; }}\n")  # fmt: skip

    def _in_phases(self, type: str, kept: dict[str, str], array: tuple[str, str], c: str, last: int) -> str:
        names, p = [*kept, array[0]], self.prefix
        counters = self.counters
        fields = "".join(f"{kind} {name}; " for name, kind in kept.items()) + f"{array[1]} {array[0]}[4]; int gone;"
        text = f"struct {p}T {{ {fields} }};\nstatic {type} {p}sh[64];\n#define sh {p}sh\n#define RETURN do {{ T->gone = 1; return; }} while (0)\n"
        text += "".join(f"static i32 {p}G{i};\n#define G{i} {p}G{i}\n" for i in counters)
        text += "".join(f"#define {name} (T->{name})\n" for name in names) + "".join(
            f"#define {i} G{i}\n" for i in counters
        )
        for number, phase in enumerate(self.phases):
            text += (f"static void {p}phase{number}(struct {p}T *T, u64 *out, const i32 *in, const u8 *bytes, i32 n) "
                     f"{{ int x = threadIdx.x, b = blockIdx.x; {phase} }}\n")  # fmt: skip
        text += "".join(f"#undef {name}\n" for name in [*names, *counters])
        text += "#define ALL(f) for (threadIdx.x = 0; threadIdx.x < SIZE; threadIdx.x++) if (!t[threadIdx.x].gone) f(&t[threadIdx.x], out, in, bytes, n);\n"
        setup = (f"static struct {p}T t[64]; int b = blockIdx.x; memset(t, 0, sizeof t); for (int i = 0; i < 64; i++) {{ sh[i] = i < {self.block_size} ? 0 : 1; "
                 + "".join(f"t[i].{name} = {self.initial[name]}; " for name in kept) + f"t[i].{array[0]}[0] = 1; t[i].{array[0]}[2] = 1; }}")  # fmt: skip
        driver = self._driver(setup + c + f" ALL({p}phase{last})")
        return (
            text
            + f"#define SIZE {self.block_size}\n"
            + driver
            + "#undef SIZE\n#undef ALL\n#undef RETURN\n#undef sh\n"
            + "".join(f"#undef G{i}\n" for i in counters)
        )
