"""`python -m engine models`: list, check, fetch, remove."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.cli.console import Tell
from engine.contract import protocol
from engine.contract.errors import ModelError
from engine.models.catalogue import canonical, listed
from engine.models.check import check_model
from engine.models.hub import local
from engine.models.hub.cache import cache_folder, repository
from engine.models.hub.ids import split_source
from engine.models.overview import overview, size_text, table
from engine.models.presets import PRESETS, ROLES
from engine.models.source import locate

REPORT_EVERY_SECONDS = 0.5


def models_command(options: argparse.Namespace, tell: Tell) -> int:
    """Does what the options of `engine.models.options` ask for; `tell` hears messages, each with a line for people."""
    return {"list": _list, "check": _check, "fetch": _fetch, "remove": _remove}[options.action](options, tell)


def _list(options: argparse.Namespace, tell: Tell) -> int:
    rows = overview()
    tell(protocol.models([row.as_message() for row in rows], str(cache_folder())), table(rows))
    return 0


def _check(options: argparse.Namespace, tell: Tell) -> int:
    """Every model that is named is looked at, whatever is wrong with others."""
    wrong = 0
    for source in _sources(options.sources) or [*_of_preset("primitives"), *(model.source for model in local.fetched())]:
        try:
            folder = locate(source)
            faults = check_model(folder, options.hashes)
        except ModelError as error:
            faults = [str(error)]
        told = f"{source}: whole" if not faults else "\n".join([f"{source}:", *(f"  {fault}" for fault in faults)])
        tell(protocol.model_check(source, faults), told)
        wrong += bool(faults)
    return 1 if wrong else 0


def _fetch(options: argparse.Namespace, tell: Tell) -> int:
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
                tell(protocol.result(str(plan.folder)), f"{source} is there already: {plan.folder}")
                continue
            _announce(plan)
            from engine.models.hub.fetch import fetch

            folder = fetch(plan, _reporter(tell, plan.id))
            tell(protocol.result(str(folder)), f"{source} is in {folder}")
        except ModelError as error:
            tell(protocol.error(error.kind, str(error)), None)
            wrong += 1
    return 1 if wrong else 0


def _announce(plan: Any) -> None:
    """Size and licence, before anything large is fetched; to stderr, where no program reads messages."""
    known = listed(plan.id)
    licence = plan.licence or (known.licence if known else "") or "not told; see its page"
    use = {True: "", False: "; not for commercial work", None: "; whether for commercial work, see its page"}
    print(
        f"Fetching {plan.id} at {plan.at.commit[:12]}: {size_text(plan.size)} in {len(plan.wanted)} files, licence {licence}"
        f"{use[known.commercial if known else None]} (https://huggingface.co/{plan.id}).",
        file=sys.stderr,
        flush=True,
    )


def _reporter(tell: Tell, model: str) -> Callable[[int, int], None]:
    """Tells of megabytes, not too often; the time left is that of the whole download at its pace so far."""
    began, last, first = time.monotonic(), [0.0, 0], []

    def report(done: int, size: int) -> None:
        now = time.monotonic()
        if not first:
            first.append(done)
        if done < size and now - last[0] < REPORT_EVERY_SECONDS or (done == size and last[1] == done):
            return
        last[:] = now, done
        came = done - first[0]
        left = (now - began) / came * (size - done) if came else 0.0
        steps = max(1, size // 10**6)
        step = steps if done == size else done // 10**6
        tell(protocol.progress("megabytes", step, steps, left, {}) | {"model": model}, None)

    return report


def _remove(options: argparse.Namespace, tell: Tell) -> int:
    for source in options.sources:
        parts = split_source(source)
        if parts is None:
            raise ModelError(f"{source!r} is no id of a fetched model: give owner/name or owner/name@revision.")
        name = canonical(parts[0])
        size = local.remove(name, parts[1])
        tell(protocol.result(str(repository(name))), f"{source} removed: {size_text(size)}")
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
