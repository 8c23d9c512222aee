"""`python -m engine models`: list, check, fetch, remove."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.request_options import add_common_options
from engine.contract import protocol
from engine.contract.errors import ModelError
from engine.contract.request import QUALITIES, ROLES
from engine.models.catalogue import canonical, listed
from engine.models.folder.check import check_model
from engine.models.hub import local
from engine.models.hub.cache import cache_folder, repository
from engine.models.hub.ids import split_source
from engine.models.overview import overview, size_text, table
from engine.models.presets import PRESETS
from engine.models.source import locate
from engine.pipeline.eta import TaskEta

REPORT_EVERY_SECONDS = 0.5


def add_command(subparsers: Any) -> None:
    """Adds the command with its four actions and their options."""
    parser = subparsers.add_parser("models", help="list, check, fetch or remove the models of the presets")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    of = "a folder, a hub id (owner/name or owner/name@revision) or a preset"
    listing = actions.add_parser("list", help="the models of each preset: on disk or not, size, license, verified or not")
    check = actions.add_parser("check", help="whether models on this machine are whole")
    check.add_argument("sources", nargs="*", metavar="SOURCE", help=f"{of}; all that there are when left out")
    check.add_argument("--quality", default="standard", choices=QUALITIES, help="that a preset is to run at (standard)")
    check.add_argument("--device", default="cpu", help="where a preset is to run: cpu, cuda, mps (cpu)")
    check.add_argument("--limit-gb", type=float, metavar="GB", help="memory of the graphics card that a preset is to run on")
    check.add_argument("--hashes", action="store_true", help="compare every file with what was fetched; takes a while")
    fetch = actions.add_parser("fetch", help="download models from the Hugging Face hub, or go on with a download")
    fetch.add_argument("sources", nargs="+", metavar="SOURCE", help="a hub id or a preset")
    for role in ROLES:
        fetch.add_argument(f"--{role}-model", default="", metavar="SOURCE", help="in place of the preset's own, as in generate")
    fetch.add_argument("--full-precision", action="store_true", help="fetch 32-bit weights even where there are 16-bit ones")
    remove = actions.add_parser("remove", help="delete fetched models, from the hub's cache that other programs use too")
    remove.add_argument("sources", nargs="+", metavar="SOURCE", help="a hub id")
    for action, run in ((listing, _list), (check, _check), (fetch, _fetch), (remove, _remove)):
        add_common_options(action, device=False)
        action.set_defaults(run=run)


def _list(options: argparse.Namespace, console: Console) -> int:
    rows = overview()
    console.emit(protocol.models([row.as_message() for row in rows], str(cache_folder())), table(rows))
    return 0


def _check(options: argparse.Namespace, console: Console) -> int:
    """Every model that is named is looked at, whatever is wrong with others; then whether presets of public models will run."""
    wrong = 0
    for source in _sources(options.sources) or [*_of_preset("primitives"), *(model.source for model in local.fetched())]:
        try:
            folder = locate(source)
            faults = check_model(folder, options.hashes)
        except ModelError as error:
            faults = [str(error)]
        line = f"{source}: whole" if not faults else "\n".join([f"{source}:", *(f"  {fault}" for fault in faults)])
        console.emit(protocol.model_check(source, faults), line)
        wrong += bool(faults)
    for name in options.sources:
        if name in PRESETS and not PRESETS[name].built_in:
            wrong += not _dry_run(name, options, console)
    return 1 if wrong else 0


def _dry_run(name: str, options: argparse.Namespace, console: Console) -> bool:
    """Says whether a preset will run, with what memory and for how long."""
    from engine.job.resolve import qualities_of
    from engine.pipeline.device import find_device
    from engine.pipeline.dry_run import dry_run

    preset = PRESETS[name]
    found = dry_run(preset, qualities_of(preset)[options.quality], find_device(options.device), options.limit_gb)
    console.emit(protocol.dry_run(name, found.as_dict()), "\n".join(found.lines()))
    return found.runs


def _fetch(options: argparse.Namespace, console: Console) -> int:
    """Models that can't be had don't keep others from being fetched."""
    from engine.models.hub.plan import plan_fetch

    wrong = 0
    replaced = {role: getattr(options, f"{role}_model") for role in ROLES}
    for source in _sources(options.sources, {role: source for role, source in replaced.items() if source}):
        try:
            if Path(source).expanduser().is_dir() and split_source(source) is None:
                raise ModelError(f"{source} is a folder: there is nothing to fetch.")
            plan = plan_fetch(source, half=not options.full_precision)
            if plan.is_there:
                console.emit(protocol.result(str(plan.folder)), f"{source} is there already: {plan.folder}")
                continue
            _announce(plan, console)
            from engine.models.hub.fetch import fetch

            folder = fetch(plan, _reporter(console, plan.id))
            console.emit(protocol.result(str(folder)), f"{source} is in {folder}")
        except ModelError as error:
            console.emit(protocol.error(error.kind, str(error)))
            wrong += 1
    return 1 if wrong else 0


def _announce(plan: Any, console: Console) -> None:
    """Size and licence, before anything large is fetched; to stderr, where no program reads messages."""
    known = listed(plan.id)
    licence = plan.licence or (known.licence if known else "") or "unknown; see its page"
    use = {True: "", False: "; not for commercial work", None: "; whether for commercial work, see its page"}
    console.note(
        f"Fetching {plan.id} at {plan.at.commit[:12]}: {size_text(plan.size)} in {len(plan.wanted)} files, license {licence}"
        f"{use[known.commercial if known else None]} (https://huggingface.co/{plan.id}).",
        error=True,
    )


def _reporter(console: Console, model: str) -> Callable[[int, int], None]:
    """Tells of megabytes, not too often; the time left is that of the whole download at its pace so far."""
    eta, last, first = TaskEta(), [0.0, 0], []

    def report(done: int, size: int) -> None:
        now = time.monotonic()
        if not first:
            first.append(done)
        if done < size and now - last[0] < REPORT_EVERY_SECONDS or (done == size and last[1] == done):
            return
        last[:] = now, done
        left = eta.seconds_left(done - first[0], size - first[0])
        steps = max(1, size // 10**6)
        step = steps if done == size else done // 10**6
        console.emit(protocol.progress("megabytes", step, steps, left, {}) | {"model": model})

    return report


def _remove(options: argparse.Namespace, console: Console) -> int:
    for source in options.sources:
        parts = split_source(source)
        if parts is None:
            raise ModelError(f"{source!r} is no id of a fetched model: give owner/name or owner/name@revision.")
        name = canonical(parts[0])
        size = local.remove(name, parts[1])
        console.emit(protocol.result(str(repository(name))), f"{source} removed: {size_text(size)}")
    return 0


def _sources(given: list[str], replaced: dict[str, str] | None = None) -> list[str]:
    """What is named, a preset as its models. replaced: by role, in place of a preset's own; folders have nothing to fetch."""
    found = [source for name in given for source in (_of_preset(name, replaced or {}) if name in PRESETS else [name])]
    return list(dict.fromkeys(found))


def _of_preset(name: str, replaced: dict[str, str] | None = None) -> list[str]:
    sources = [source for source in (PRESETS[name].sources() | (replaced or {})).values() if source]
    if not sources:
        raise ModelError(f"Preset {name} has no models of its own: give a folder or a hub id.")
    return [source for source in sources if not replaced or not Path(source).expanduser().is_dir()]
