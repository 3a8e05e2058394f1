"""Runs one batch for the command: from its options to the plan, the work, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from imgcuda.batch import inputs, plan
from imgcuda.batch.inputs import Input, Search
from imgcuda.batch.naming import naming
from imgcuda.batch.plan import Plan
from imgcuda.batch.serial import in_turn
from imgcuda.batch.units import Outcome
from imgcuda.batch.work import Work
from imgcuda.cli import run_file, streams
from imgcuda.cli.chain import parse_chain
from imgcuda.cli.options import Job
from imgcuda.errors import ParameterError
from imgcuda.parameter_types import picture_limit
from imgcuda.registry import Registry

if TYPE_CHECKING:
    from imgcuda.cli.batch import Order

LIST = "-"
"""The input that stands for a list on standard input."""


@streams.ours_only()
def run_batch(registry: Registry, order: Order, job: Job) -> None:
    """Make all files of a batch; tell of errors and losses on stderr. Raises typer.Exit if a file failed."""
    _check(order, job)
    work = _work(registry, order, job)
    search = Search(order.recursive, tuple(order.exclude or ()), order.output)
    units = _plan(order, job, search)
    if job.verbose:
        _tell_passed_over(search)
    if order.dry_run:
        _show(units)
        return
    counts: Counter[str] = Counter()
    for outcome in _outcomes(units, work):
        counts[outcome.state] += 1
        _tell(outcome)
        if order.fail_fast and outcome.state == "failed":
            break
    streams.say(", ".join(f"{count:,} {state}" for state, count in counts.items()) or "There was nothing to do")
    if counts["failed"]:
        raise typer.Exit(1)


def _check(order: Order, job: Job) -> None:
    """Raise ParameterError for options that contradict each other."""
    if order.in_place and (order.output or job.format or order.flat or order.template != "{stem}"):
        raise ParameterError("--in-place replaces the inputs: it goes without -o, --format, --flat and --name")
    if order.in_place and job.no_clobber:
        raise ParameterError("--in-place replaces the inputs, and --no-clobber replaces nothing; leave one out")
    if not order.in_place and order.output is None:
        raise ParameterError("-o FOLDER says where to write, as -o out; --in-place replaces the inputs")
    if LIST in order.inputs and len(order.inputs) > 1:
        raise ParameterError("- reads the list of all inputs from standard input: it goes without other inputs")
    if order.nul and order.inputs != [LIST]:
        raise ParameterError("-0 is for the list on standard input: imgcuda batch -0 - -o out")


def _inputs(order: Order, search: Search) -> Iterator[Input]:
    if order.inputs == [LIST]:
        return inputs.of_list(streams.input().read(), order.nul, search)
    return inputs.find(order.inputs, search)


def _plan(order: Order, job: Job, search: Search) -> Plan:
    """Return the units; raise errors before any work is done."""
    if order.output is None:
        return plan.in_place(_inputs(order, search))
    names = naming(order.template, job.format, order.flat, recipe="")
    if names.format:
        run_file.output_options(job).check(names.format)
    return plan.in_folder(_inputs(order, search), names, order.output)


def _work(registry: Registry, order: Order, job: Job) -> Work:
    with picture_limit(job.max_pixels):
        filters = parse_chain(registry, order.steps) if order.steps else []
    options = run_file.file_options(job, None, complete=order.in_place)
    if order.in_place:
        options = replace(options, clobber=True)
    device = run_file.device(job.device).name
    return Work(tuple(filters), options, device, job.verbose)


def _outcomes(plan: Plan, work: Work) -> Iterator[Outcome]:
    yield from plan.failed
    yield from in_turn(plan, work)


def _tell_passed_over(search: Search) -> None:
    for why, count in search.passed_over.items():
        streams.say(f"Passed over: {count:,} {why}")


def _show(plan: Plan) -> None:
    for outcome in plan.failed:
        _tell(outcome)
    for unit in plan:
        typer.echo(f"{unit.source} -> {unit.target}", file=streams.output())


def _tell(outcome: Outcome) -> None:
    for note in outcome.notes:
        streams.say(f"Note: {note}")
    if outcome.error:
        streams.say(f"Error: {outcome.error}")
