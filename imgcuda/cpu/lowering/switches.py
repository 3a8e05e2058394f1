"""`switch`: a jump where the value is uniform; else the sections in order, each under the mask of its lanes."""

from __future__ import annotations

from dataclasses import dataclass, field

from imgcuda.cpu.budget import CASES, SECTIONS
from imgcuda.cpu.lowering.operands import number
from imgcuda.cpu.lowering.sequences import compile_sequence
from imgcuda.cpu.lowering.state import LoopFrame, State
from imgcuda.cpu.values.types import BOOL, I32, Int, Type
from imgcuda.cpu.values.value import VARYING, Value, constant
from imgcuda.frontend import syntax


@dataclass
class Section:
    """The statements that follow one or more case labels."""

    cases: list[Value] = field(default_factory=list)
    default: bool = False
    items: list[syntax.Statement] = field(default_factory=list)


def switch(state: State, node: syntax.Switch) -> None:
    """Compile a `switch`."""
    value = number(state, node.value)
    type = value_type(state, value.type, node)
    value = state.v.flat(state.math.convert(value, type))
    sections = sections_of(state, node, type)
    if len(sections) > SECTIONS:
        message = f"a switch of {len(sections):,} sections; the CPU engine takes {SECTIONS:,}"
        state.refuse(message, "look the values up in a __constant__ table", node.value.place)
    with state.scope():
        if value.kind == VARYING or state.facts.exit_divergence(state.key(node)) == VARYING:
            _diverging(state, node, value, sections)
        else:
            _uniform(state, node, value, sections)


def value_type(state: State, type: Type, node: syntax.Switch) -> Int:
    """Return the promoted type in which a value is compared with the case labels."""
    if not isinstance(type, Int):
        state.fail(f"'switch' is for integers; this is a {type}", place=node.value.place)
    return I32 if type.bits < 32 else type


def sections_of(state: State, node: syntax.Switch, type: Int) -> list[Section]:
    """Return the sections of a switch; statements before the first label are unreachable."""
    sections = [Section()]
    seen: set[int | None] = set()
    for item in node.items:
        if not isinstance(item, syntax.Case):
            sections[-1].items.append(item)
            continue
        if sections[-1].items or len(sections) == 1:
            sections.append(Section())
        known = None if item.value is None else _label(state, item.value, type)
        if (known and known.const) in seen:
            state.fail(f"this {'case' if known else 'default'} is here twice", place=item.place)
        seen.add(known and known.const)  # type: ignore[arg-type]
        if known is None:
            sections[-1].default = True
        else:
            sections[-1].cases.append(known)
    return sections[1:]


def _label(state: State, node: syntax.Expression, type: Int) -> Value:
    value = number(state, node)
    if not isinstance(value.const, int):
        message = "the value of a case must be a whole number that is known when the kernel is compiled"
        state.fail(message, place=node.place)
    return state.math.convert(value, type)


def _uniform(state: State, node: syntax.Switch, value: Value, sections: list[Section]) -> None:
    end = state.b.label("end")
    labels = [state.b.label("case") for _ in sections]
    cases = [(case, label) for section, label in zip(sections, labels, strict=True) for case in section.cases]
    default = next((label for section, label in zip(sections, labels, strict=True) if section.default), end)
    _jump(state, value, default, sorted(cases, key=_number))
    key = state.key(node)
    kind = max(value.kind, state.facts.exit_divergence(key))
    frame = LoopFrame(key, state.mask, end, "", "", "", state.control)
    with state.under(key, kind, state.mask):
        for section, label in zip(sections, labels, strict=True):
            state.b.place(label)
            _run(state, section, frame)
    state.b.place(end)


def _number(case: tuple[Value, str]) -> int:
    return int(case[0].const or 0)


def _jump(state: State, value: Value, default: str, cases: list[tuple[Value, str]]) -> None:
    """Jump to the label of a value's case, of cases in order. Of many, find the part that it is in first."""
    if len(cases) <= CASES:
        state.b.switch(value.type.ir, value.ir, default, [(case.ir, label) for case, label in cases])
        return
    middle = len(cases) // 2
    below, above = state.b.label("below"), state.b.label("above")
    state.b.branch(state.math.compare("<", value, cases[middle][0]).ir, below, above)
    for label, part in ((below, cases[:middle]), (above, cases[middle:])):
        state.b.place(label)
        _jump(state, value, default, part)


def _diverging(state: State, node: syntax.Switch, value: Value, sections: list[Section]) -> None:
    """Compile all sections in order; a lane is active from its own case on, until it breaks."""
    matches = [[state.math.compare("==", value, case) for case in section.cases] for section in sections]
    inside = state.mask_slot()
    key, end = state.key(node), state.b.label("end")
    frame = LoopFrame(key, "never", end, "", state.mask_slot(), "", state.control)
    escapes = state.escapes
    elsewhere = state.math.negation(any_of(state, [test for tests in matches for test in tests]))
    with state.under(key, VARYING, state.mask):
        for section, mine in zip(sections, matches, strict=True):
            tests = [elsewhere, *mine] if section.default else mine
            _section(state, section, frame, inside, any_of(state, tests))
    scalar_leaves = any(isinstance(each, syntax.Return | syntax.Continue) for each in syntax.walk(node.items))
    state.escapes = escapes + (state.escapes != escapes and scalar_leaves)
    state.b.place(end)


def any_of(state: State, tests: list[Value]) -> Value:
    """Return whether any of some bools is true, lane by lane."""
    found = constant(False, BOOL)
    for test in tests:
        found = state.math.connect("or", found, test)
    return found


def _section(state: State, section: Section, frame: LoopFrame, inside: str, enters: Value) -> None:
    """Compile a section for the lanes that enter here, and for the ones that fall through from the section before."""
    with state.masked(state.v.both(state.mask, state.v.of(enters))):
        state.add_to(inside)
    state.loops.append(frame)
    exited = state.exited_lanes()
    state.loops.pop()
    now = state.v.without(state.load_mask(inside), exited)
    do, skip = state.b.label("case"), state.b.label("skip")
    state.b.branch(state.v.any(now), do, skip)
    state.b.place(do)
    with state.masked(now):
        _run(state, section, frame)
    state.b.place(skip)


def _run(state: State, section: Section, frame: LoopFrame) -> None:
    state.loops.append(frame)
    try:
        compile_sequence(state, section.items)
    finally:
        state.loops.pop()
