"""Runs the command `imgcuda batch`: makes the plan from its options, runs the work, and reports the outcomes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from imgcuda.batch import inputs, manifest, plan, provenance, verify, watch
from imgcuda.batch.batch_run import BatchRun, Workers
from imgcuda.batch.history import History
from imgcuda.batch.in_place_manifest import InPlaceManifest
from imgcuda.batch.inputs import Input, Search
from imgcuda.batch.interruption import Interrupted, Interruption
from imgcuda.batch.manifest import Manifest
from imgcuda.batch.naming import Naming, naming
from imgcuda.batch.plan import Plan
from imgcuda.batch.processing import Work
from imgcuda.batch.provenance import Provenance
from imgcuda.batch.software import Software, versions
from imgcuda.batch.tally import Tally
from imgcuda.cli import run_file, streams
from imgcuda.cli.batch_report import all_good, reporting, show_planned
from imgcuda.cli.batch_workers import device, lasting_workers, workers
from imgcuda.cli.chain import parse_chain
from imgcuda.cli.job import Job
from imgcuda.cli.signals import exit_code, interruptible
from imgcuda.errors import ParameterError
from imgcuda.parameter_types import picture_limit
from imgcuda.registry import Registry

if TYPE_CHECKING:
    from imgcuda.cli.batch import Order
    from imgcuda.recipes.recipe import Recipe

LIST = "-"
"""The input that stands for a list on standard input."""


@streams.ours_only()
def run_batch(registry: Registry, order: Order, job: Job, recipe: Recipe | None = None) -> None:
    """Make all files of a batch; tell of errors and losses on stderr.

    Raises typer.Exit: with 1 if a file failed, and with 130 or 143 after Ctrl-C or SIGTERM.
    """
    with interruptible() as interruption:
        try:
            _run_batch(registry, order, job, recipe, interruption)
        except Interrupted:
            raise typer.Exit(exit_code(interruption.number)) from None


def _run_batch(registry: Registry, order: Order, job: Job, recipe: Recipe | None, interruption: Interruption) -> None:
    _check(order, job)
    if order.verify:
        _verify(order, job)
        return
    work = _work(registry, order, job, recipe)
    software = Software.of(work.filters, versions(work.filters, registry))
    made_by = provenance.provenance(work.filters, work.options, software)
    if order.watch:
        assert order.output is not None
        with lasting_workers(order, work, software, order.output, interruption) as (makers, end_if_idle):
            _watch(order, job, makers, end_if_idle, made_by)
        if interruption.number != signal.SIGINT:  # which is the way to end it
            interruption.check()
        return
    units = _plan(order, job)
    if order.dry_run:
        _show(units, order, made_by)
    elif len(units) + len(units.failed):
        with workers(order, work, software, _home(units, order), interruption) as makers:
            _make(units, order, job, makers, made_by)
    else:
        with reporting(Tally(0), order, job.verbose) as report:
            report.end()


def _check(order: Order, job: Job) -> None:
    """Raise ParameterError for options that contradict each other."""
    if not order.inputs and not order.verify:
        raise ParameterError("which files? Name files, folders or patterns, as imgcuda batch photos -o out")
    if order.in_place and (order.output or job.format or order.flat or order.template != "{stem}"):
        raise ParameterError("--in-place replaces the inputs: it goes without -o, --format, --flat and --name")
    if order.in_place and job.no_clobber:
        raise ParameterError("--in-place replaces the inputs, and --no-clobber replaces nothing; leave one out")
    if not order.in_place and order.output is None:
        raise ParameterError("-o FOLDER says where to write, as -o out; --in-place replaces the inputs")
    if LIST in _inputs(order) and len(_inputs(order)) > 1:
        raise ParameterError("- reads the list of all inputs from standard input: it goes without other inputs")
    if order.nul and _inputs(order) != [LIST]:
        raise ParameterError("-0 is for the list on standard input: imgcuda batch -0 - -o out")
    _check_ways(order)


def _check_ways(order: Order) -> None:
    """Raise ParameterError for --watch, --verify and --dry-run where they do not fit."""
    if order.in_place and (order.watch or order.verify):
        raise ParameterError("--watch and --verify are for an output folder, as -o out; --in-place has none")
    if order.watch and (order.verify or order.dry_run or order.fail_fast):
        raise ParameterError("--watch goes on until Ctrl-C: it goes without --verify, --dry-run and --fail-fast")
    if order.watch and LIST in _inputs(order):
        raise ParameterError("--watch looks at folders and patterns; - is a list that is read once")
    if order.watch and "{index" in order.template:
        raise ParameterError("--name: {index} is a file's number among all, which --watch does not know")


def _inputs(order: Order) -> list[str]:
    return order.inputs or []


def _search(order: Order) -> Search:
    return Search(order.recursive, tuple(order.exclude or ()), order.output)


def _found(order: Order, search: Search) -> Iterator[Input]:
    if _inputs(order) == [LIST]:
        return inputs.of_list(streams.input().read(), order.nul, search)
    return inputs.find(_inputs(order), search)


def _naming(order: Order, job: Job) -> Naming:
    names = naming(order.template, job.format, order.flat, recipe=Path(order.recipe or "").stem)
    if names.format:
        run_file.output_options(job).check(names.format)
    return names


def _plan(order: Order, job: Job) -> Plan:
    """Return the units; raise errors before any work is done."""
    search = _search(order)
    found = _found(order, search)
    units = plan.in_place(found) if order.output is None else plan.in_folder(found, _naming(order, job), order.output)
    if job.verbose:
        _tell_passed_over(search)
    return units


def _work(registry: Registry, order: Order, job: Job, recipe: Recipe | None) -> Work:
    with picture_limit(job.max_pixels):
        filters = parse_chain(registry, order.steps or [], recipe) if order.steps or recipe else []
    options = run_file.file_options(job, None, complete=order.in_place)
    if order.in_place:
        options = replace(options, clobber=True)
    return Work(tuple(filters), replace(options, codecs=order.codecs), device(order, job), job.verbose)


def _make(units: Plan, order: Order, job: Job, makers: Workers, made_by: Provenance) -> None:
    """Make the files of a plan. Raises typer.Exit if one failed."""
    tally = Tally(len(units) + len(units.failed))
    with _manifest(units, order, made_by) as records, reporting(tally, order, job.verbose) as report:
        batch_run = BatchRun(makers, report, records, order.force, order.fail_fast)
        whole = batch_run.report_failed(units) and batch_run.run(units)
        if order.in_place and whole and not tally.failed:
            records.remove()
        report.end(stopped=not whole)
    if tally.failed:
        raise typer.Exit(1)


def _manifest(units: Plan, order: Order, made_by: Provenance) -> Manifest:
    """Return the manifest of a batch, which is in its home."""
    return (InPlaceManifest if order.in_place else Manifest)(_home(units, order), made_by)


def _home(units: Plan, order: Order) -> Path:
    """Return the output folder; for inputs that are replaced, the folder of the first."""
    return order.output or next(iter([*units, *(each.unit for each in units.failed)])).source.parent


def _watch(order: Order, job: Job, makers: Workers, end_if_idle: Callable[[], None], made_by: Provenance) -> None:
    """Make what there is and what arrives, until Ctrl-C."""
    assert order.output is not None

    def look() -> Iterator[Input]:
        end_if_idle()
        return _found(order, _search(order))

    plans, tally = watch.ArrivalPlans(_naming(order, job), order.output), Tally()
    with Manifest(order.output, made_by) as records, reporting(tally, order, job.verbose) as report:
        batch_run = BatchRun(makers, report, records, order.force)
        report.say(f"Watching {', '.join(_inputs(order))}; Ctrl-C ends.")
        with suppress(KeyboardInterrupt):
            for arrived in watch.arrivals(look):
                units = plans.plan(arrived)
                batch_run.report_failed(units)
                batch_run.run(units)
        report.end()


def _verify(order: Order, job: Job) -> None:
    """Check the outputs against their records. Raises typer.Exit if one is not as it was made."""
    assert order.output is not None
    units = _plan(order, job) if order.inputs else None
    found = verify.verify(order.output, None if units is None else {unit.target for unit in units})
    if not all_good(found, order):
        raise typer.Exit(1)


def _tell_passed_over(search: Search) -> None:
    for why, count in search.passed_over.items():
        streams.say(f"Passed over: {count:,} {why}")


def _show(units: Plan, order: Order, made_by: Provenance) -> None:
    """Print what would be made from what; what an earlier run made is kept."""
    earlier = History(order.output, made_by, manifest.read(order.output)) if order.output and not order.force else None
    for outcome in units.failed:
        show_planned(outcome.unit, "failed", order.json, outcome.error)
    for unit in units:
        kept = earlier is not None and earlier.keeps(unit.source, unit.target)
        show_planned(unit, "kept" if kept else "planned", order.json)
