"""Formulas: Python's operators that write LLVM instructions, for one number or for a vector of them.

`x * y + 1.0` on a Number writes one instruction for each operator, just as it stands: each result is rounded, none
is contracted with the next, so that error-compensated steps stay exact. `x.times_plus(y, z)` leaves to LLVM
whether it rounds between the two: one instruction where the processor has a fused one, else two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from imgcuda.cpu.budget import FORMULAS
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.arithmetic import suffix
from imgcuda.cpu.values.types import BOOL, F32, F64, I32, I64, U32, U64, Float, Int, Scalar
from imgcuda.cpu.values.value import BLOCK, VARYING, Value, Variability, float_literal


class Formula:
    """Emits the instructions of a formula, for scalars or for vectors."""

    def __init__(self, state: State, *values: Value) -> None:
        self.state = state
        self.b = state.b
        flat = [state.v.flat(value) for value in values]
        self.kind: Variability = max((value.kind for value in flat), default=BLOCK)
        self.wide = self.kind == VARYING

    def shape(self, type: Scalar) -> str:
        return self.state.v.type(type) if self.wide else type.ir

    def given(self, value: Value, type: Scalar) -> Number:
        """Return an argument as a number of the formula, converted as C does."""
        value = self.state.math.convert(value, type)
        return Number(self, type, self.state.v.of(value) if self.wide else value.ir)

    def constant(self, value: float, type: Scalar) -> Number:
        text = float_literal(value, type) if isinstance(type, Float) else str(type.wrap(int(value)))
        return Number(self, type, self.state.v.splat(text, type.ir) if self.wide else text)

    def call(self, name: str, type: Scalar, *arguments: Number) -> Number:
        """Call the LLVM intrinsic `llvm.name`."""
        shape = self.shape(arguments[0].type)
        passed = [(self.shape(each.type), each.ir) for each in arguments]
        return Number(self, type, self.b.call(f"llvm.{name}.{suffix(shape)}", self.shape(type), passed))

    def op(self, type: Scalar, text: str) -> Number:
        return Number(self, type, self.b.op(text))

    def choose(self, test: Number, then: Number | float, otherwise: Number | float) -> Number:
        """Return, lane by lane, one of two numbers. One of them at least must be a Number."""
        one = then if isinstance(then, Number) else otherwise
        assert isinstance(one, Number)
        then, otherwise = one.like(then), one.like(otherwise)
        shape = self.shape(then.type)
        return self.op(then.type, f"select {self.shape(BOOL)} {test.ir}, {shape} {then.ir}, {shape} {otherwise.ir}")

    def computed(self, rule: Callable[..., Number], numbers: Sequence[Number]) -> Number:
        """Return a rule's result: computed here, or by a function that is called, where there are many of them."""
        before = self.b.count
        if self.b.formulas > FORMULAS:
            return self._called(rule, numbers)
        made = rule(*numbers)
        self.b.formulas += self.b.count - before
        return made

    def _called(self, rule: Callable[..., Number], numbers: Sequence[Number]) -> Number:
        types = [each.type for each in numbers]
        words = [rule.__module__.rpartition(".")[2], rule.__name__, *map(str, types), "lanes" if self.wide else "one"]
        name = "_".join(words).replace(" ", "_")
        if name not in self.b.called:
            self.b.called[name] = self._defined(name, rule, types)
        type = self.b.called[name]
        passed = ", ".join(f"{self.shape(each.type)} {each.ir}" for each in numbers)
        return self.op(type, f"call {self.shape(type)} @{name}({passed})")

    def _defined(self, name: str, rule: Callable[..., Number], types: Sequence[Scalar]) -> Scalar:
        """Write a rule as a function of its own, and return its result's type."""
        made: list[Number] = []

        def write() -> tuple[str, str]:
            made.append(rule(*(Number(self, type, f"%n{place}") for place, type in enumerate(types))))
            return self.shape(made[0].type), made[0].ir

        parameters = ", ".join(f"{self.shape(type)} %n{place}" for place, type in enumerate(types))
        self.b.function(name, parameters, write)
        return made[0].type

    def result(self, number: Number) -> Value:
        return Value(number.type, self.kind, number.ir)

    # ---- rare cases: skipped at run time unless some lane needs them

    def variable(self, number: Number) -> FormulaVariable:
        """Return a variable with a first value, which a branch or loop can change."""
        made = FormulaVariable(self, number.type, self.b.slot(self.shape(number.type)))
        made.set(number)
        return made

    @contextmanager
    def if_any(self, test: Number) -> Iterator[None]:
        """Emit the code within so that it runs, for all lanes, only if `test` is true in some lane."""
        rare, end = self.b.label("rare"), self.b.label("usual")
        self.b.branch(self.any(test), rare, end)
        self.b.place(rare)
        yield
        self.b.place(end)

    @contextmanager
    def repeat_while_any(self, test: Number) -> Iterator[FormulaVariable]:
        """Write the block as the body of a loop; the yielded variable says whether the loop goes on."""
        going = self.variable(test)
        head, body, end = self.b.label("head"), self.b.label("body"), self.b.label("end")
        self.b.place(head)
        self.b.branch(self.any(going.get()), body, end)
        self.b.place(body)
        yield going
        self.b.jump(head)
        self.b.place(end)

    @contextmanager
    def each_of(self, name: str, numbers: Sequence[float], count: int) -> Iterator[Number]:
        """Write the block as the body of a loop over the first of some constant doubles; yields the current one."""
        cells = ", ".join(f"double {float_literal(number, F64)}" for number in numbers)
        self.b.globals[f".{name}"] = f"@.{name} = internal constant [{len(numbers)} x double] [{cells}]"
        slot, head, body, end = self.b.slot("i64"), self.b.label("head"), self.b.label("each"), self.b.label("end")
        self.b.do(f"store i64 0, ptr {slot}")
        self.b.place(head)
        index = self.b.op(f"load i64, ptr {slot}")
        self.b.branch(self.b.op(f"icmp slt i64 {index}, {count}"), body, end)
        self.b.place(body)
        one = self.b.op(f"load double, ptr {self.b.op(f'getelementptr double, ptr @.{name}, i64 {index}')}")
        yield Number(self, F64, self.state.v.splat(one, "double") if self.wide else one)
        self.b.do(f"store i64 {self.b.op(f'add i64 {index}, 1')}, ptr {slot}")
        self.b.jump(head, self.b.loop_note('!"llvm.loop.unroll.disable"'))
        self.b.place(end)

    def any(self, test: Number) -> str:
        return self.state.v.any(test.ir) if self.wide else test.ir


@dataclass(frozen=True, slots=True)
class FormulaVariable:
    """A mutable number in a formula: memory, which LLVM turns into a register."""

    f: Formula
    type: Scalar
    slot: str

    def get(self) -> Number:
        return self.f.op(self.type, f"load {self.f.shape(self.type)}, ptr {self.slot}")

    def set(self, number: Number) -> None:
        self.f.b.do(f"store {self.f.shape(self.type)} {number.ir}, ptr {self.slot}")


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A number of a formula, in each lane."""

    f: Formula
    type: Scalar
    ir: str

    def like(self, other: Number | float) -> Number:
        """Return another number, or a constant, in this one's type."""
        return other if isinstance(other, Number) else self.f.constant(other, self.type)

    def _binary(self, words: str, other: Number | float, swapped: bool = False) -> Number:
        """Write an instruction; `words` are LLVM's for floats, signed and unsigned integers."""
        floating, signed, unsigned = words.split()
        word = floating if isinstance(self.type, Float) else signed if self.type.signed else unsigned
        x, y = self.ir, self.like(other).ir
        return self.f.op(self.type, f"{word} {self.f.shape(self.type)} {y if swapped else x}, {x if swapped else y}")

    def __add__(self, other: Number | float) -> Number:
        return self._binary("fadd add add", other)

    def __sub__(self, other: Number | float) -> Number:
        return self._binary("fsub sub sub", other)

    def __mul__(self, other: Number | float) -> Number:
        return self._binary("fmul mul mul", other)

    def __truediv__(self, other: Number | float) -> Number:
        return self._binary("fdiv sdiv udiv", other)

    def __radd__(self, other: float) -> Number:
        return self + other

    def __rsub__(self, other: float) -> Number:
        return self._binary("fsub sub sub", other, swapped=True)

    def __rmul__(self, other: float) -> Number:
        return self * other

    def __rtruediv__(self, other: float) -> Number:
        return self._binary("fdiv sdiv udiv", other, swapped=True)

    def __and__(self, other: Number | int) -> Number:
        return self._binary("- and and", other)

    def __or__(self, other: Number | int) -> Number:
        return self._binary("- or or", other)

    def __xor__(self, other: Number | int) -> Number:
        return self._binary("- xor xor", other)

    def __lshift__(self, other: Number | int) -> Number:
        return self._binary("- shl shl", other)

    def __rshift__(self, other: Number | int) -> Number:
        return self._binary("- ashr lshr", other)

    def __neg__(self) -> Number:
        if isinstance(self.type, Int):
            return 0 - self
        return self.f.op(self.type, f"fneg {self.f.shape(self.type)} {self.ir}")

    # ---- comparisons: false where a NaN takes part, but for `differs`

    def _compare(self, words: str, other: Number | float) -> Number:
        floating, signed, unsigned = words.split()
        integer = f"icmp {unsigned if self.type in (U32, U64) else signed}"
        word = f"fcmp {floating}" if isinstance(self.type, Float) else integer
        return self.f.op(BOOL, f"{word} {self.f.shape(self.type)} {self.ir}, {self.like(other).ir}")

    def __lt__(self, other: Number | float) -> Number:
        return self._compare("olt slt ult", other)

    def __gt__(self, other: Number | float) -> Number:
        return self._compare("ogt sgt ugt", other)

    def __le__(self, other: Number | float) -> Number:
        return self._compare("ole sle ule", other)

    def __ge__(self, other: Number | float) -> Number:
        return self._compare("oge sge uge", other)

    def equals(self, other: Number | float) -> Number:
        return self._compare("oeq eq eq", other)

    def differs(self, other: Number | float) -> Number:
        return self._compare("une ne ne", other)

    def is_nan(self) -> Number:
        return self.unordered(self)

    def unordered(self, other: Number) -> Number:
        """Return whether one of two numbers is NaN."""
        return self._compare("uno - -", other)

    def is_set(self, bit: int) -> Number:
        """Return whether a bit of an integer is set, its value given: 1, 2, 4..."""
        return (self & bit).differs(0)

    # ---- functions that are an instruction or two

    def abs(self) -> Number:
        return self.f.call("fabs", self.type, self)

    def sqrt(self) -> Number:
        return self.f.call("sqrt", self.type, self)

    def with_sign_of(self, other: Number) -> Number:
        return self.f.call("copysign", self.type, self, other)

    def times_plus(self, factor: Number | float, term: Number | float) -> Number:
        """Return self * factor + term, rounded once or twice, whichever is faster."""
        return self.f.call("fmuladd", self.type, self, self.like(factor), self.like(term))

    def at_least(self, low: Number | float) -> Number:
        """Return the number, or `low` if that is greater; a NaN stays."""
        return self.f.choose(self < low, low, self)

    def at_most(self, high: Number | float) -> Number:
        return self.f.choose(self > high, high, self)

    def polynomial(self, coefficients: Sequence[float]) -> Number:
        """Return c0 + c1 x + c2 x^2 + ..., by Horner's rule."""
        total = self.like(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            total = total.times_plus(self, coefficient)
        return total

    def nearest(self) -> Number:
        """Return the nearest whole number, for numbers below 2^22 (2^51 of doubles)."""
        return self.nearest_and_integer()[0]

    def nearest_and_integer(self) -> tuple[Number, Number]:
        """Return the nearest whole number, and it as an integer; for numbers below 2^22 (2^51 of doubles).

        Adding and taking away a great number is what no processor needs a library for. A NaN stays one; its
        integer is some number.
        """
        great = self + MAGIC[self.type]
        return great - MAGIC[self.type], great.bits() - self.like(MAGIC[self.type]).bits()

    # ---- other types

    def to(self, type: Scalar) -> Number:
        """Return the number in another type, in whose range it must be."""
        if isinstance(type, Int) and isinstance(self.type, Int) and type.bits == self.type.bits:
            return Number(self.f, type, self.ir)
        return self if type == self.type else self.f.op(type, self._cast(type))

    def _cast(self, type: Scalar) -> str:
        source = self.type
        if isinstance(source, Float) and isinstance(type, Float):
            word = "fpext" if type.bits > source.bits else "fptrunc"
        elif isinstance(source, Float):
            word = "fptosi" if isinstance(type, Int) and type.signed else "fptoui"
        elif isinstance(type, Float):
            word = "sitofp" if source.signed else "uitofp"
        else:
            word = "trunc" if type.bits < source.bits else "sext" if source.signed else "zext"
        return f"{word} {self.f.shape(source)} {self.ir} to {self.f.shape(type)}"

    def bits(self, unsigned: bool = False) -> Number:
        """Return a float's bits as an integer."""
        type = {32: (I32, U32), 64: (I64, U64)}[self.type.bits][unsigned]
        return self.f.op(type, f"bitcast {self.f.shape(self.type)} {self.ir} to {self.f.shape(type)}")

    def of_bits(self) -> Number:
        """Return the float that has an integer's bits."""
        type = F32 if self.type.bits == 32 else F64
        return self.f.op(type, f"bitcast {self.f.shape(self.type)} {self.ir} to {self.f.shape(type)}")


MAGIC: dict[Scalar, float] = {F32: 1.5 * 2.0**23, F64: 1.5 * 2.0**52}
"""Added to a small number, it leaves no bits for a fraction, and the whole number in the lowest bits."""

MANTISSA: dict[Scalar, int] = {F32: 23, F64: 52}
BIAS: dict[Scalar, int] = {F32: 127, F64: 1023}


def either(left: Number, right: Number) -> Number:
    """Return whether one of two bools is true, or both are."""
    return Number(left.f, BOOL, left.f.b.op(f"or {left.f.shape(BOOL)} {left.ir}, {right.ir}"))


def both(left: Number, right: Number) -> Number:
    """Return whether both of two bools are true."""
    return Number(left.f, BOOL, left.f.b.op(f"and {left.f.shape(BOOL)} {left.ir}, {right.ir}"))


def exclusive(left: Number, right: Number) -> Number:
    """Return whether just one of two is true."""
    return Number(left.f, BOOL, left.f.b.op(f"xor {left.f.shape(BOOL)} {left.ir}, {right.ir}"))


def power_of_two(exponent: Number, type: Float) -> Number:
    """Return 2^n as a float, for a whole number n within the range of normal floats."""
    return ((exponent + BIAS[type]) << MANTISSA[type]).of_bits()


def scaled(number: Number, exponent: Number) -> Number:
    """Return number * 2^n for any n from twice the range of exponents; denormal results are rounded once."""
    assert isinstance(number.type, Float)
    half = exponent >> 1
    return number * power_of_two(half, number.type) * power_of_two(exponent - half, number.type)
