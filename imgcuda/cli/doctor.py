"""`imgcuda doctor`: says what works on this machine, and names the command that cures each fault."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from imgcuda.errors import printable

if TYPE_CHECKING:
    from imgcuda.diagnosis.finding import Finding

Json = Annotated[bool, typer.Option("--json", help="Print all findings as one JSON object.")]


def doctor(ctx: typer.Context, json: Json = False) -> None:
    """Say what works on this machine, and how to cure what does not; exit 1 if anything is wrong."""
    from imgcuda.diagnosis.examine import examine

    found = []
    for finding in examine(ctx.obj):
        found.append(finding)
        if not json:
            typer.echo("\n".join(_lines(finding)))
    wrong = sum(finding.state == "wrong" for finding in found)
    typer.echo(_object(found) if json else _verdict(wrong))
    if wrong:
        raise typer.Exit(1)


def _lines(finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding: its state, its subject, what was found, and the command below it."""
    mark = "WRONG" if finding.state == "wrong" else finding.state
    first, *rest = printable(finding.text, keep="\n").splitlines() or [""]
    yield f"{mark:6}{finding.subject:11} {first}"
    yield from (f"{'':18}{line}" for line in rest)
    if finding.cure:
        yield f"{'':18}{'cure' if finding.state == 'wrong' else 'to have it'}: {finding.cure}"


def _verdict(wrong: int) -> str:
    if not wrong:
        return "Nothing is wrong."
    return f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong; the command below each cures it"


def _object(found: Sequence[Finding]) -> str:
    """Return the findings as a JSON object."""
    findings = [{**finding._asdict(), "facts": dict(finding.facts)} for finding in found]
    return json.dumps({"ok": all(finding.state != "wrong" for finding in found), "findings": findings}, indent=2)
