"""Fetches a model from the Hugging Face hub into the cache that programs share: what it is made of and nothing else, checked.

`hf_hub_download` alone begins a file anew where it broke off, and a file may have 10 GB. So a file's content comes by the hub
library's `http_get`, aside and from where it was, and goes into the cache once it is known to be right; `hf_hub_download` then
finds it there and gives it its name. No code of a repository is fetched, let alone run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import huggingface_hub
from filelock import FileLock, Timeout

from engine.contract.errors import ModelError
from engine.models.folder.check import check_model
from engine.models.hub import cache, store
from engine.models.hub.download import be_quiet, get, hub_errors, is_right
from engine.models.hub.environment import check_environment
from engine.models.hub.plan import Plan, is_cached
from engine.models.hub.rearrange import rearrange
from engine.models.hub.selection import RemoteFile

SPARE = 200 * 2**20

# Hears the bytes that are there and the bytes of all.
Progress = Callable[[int, int], None]


def fetch(plan: Plan, progress: Progress = lambda done, size: None) -> Path:
    """Fetches what is planned and gives its folder. Raises ModelError; what was fetched by then is kept for the next time."""
    check_environment()
    be_quiet()
    with hub_errors(plan.id, plan.revision):
        locks = cache.cache_folder() / ".locks" / cache.repository(plan.id).name
        locks.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(locks / "mav3d.lock", timeout=0):
                return _fetch(plan, progress)
        except Timeout:
            raise ModelError(f"{plan.id} is being fetched by another process: wait for that one.") from None


def _fetch(plan: Plan, progress: Progress) -> Path:
    _check_space(plan)
    before = 0
    for each in plan.wanted:
        progress(before, plan.size)
        _fetch_file(plan, each.file, lambda done, before=before: progress(before + done, plan.size))
        before += each.file.size
    progress(plan.size, plan.size)
    if plan.rearranged:
        rearrange(plan)
    if faults := check_model(plan.folder):
        raise ModelError(f"{plan.id} was fetched, but can't be used: {faults[0]}")
    # The last, so that a branch means what is whole.
    cache.set_reference(plan.id, plan.revision, plan.at.commit)
    return plan.folder


def _fetch_file(plan: Plan, file: RemoteFile, done: Callable[[int], None]) -> None:
    """One file into the cache; its beginning may be there already."""
    if is_cached(plan.id, plan.at.commit, file):
        return
    content = cache.blob(plan.id, file.hash)
    for path in (cache.snapshot_folder(plan.id, plan.at.commit) / file.name, content):
        if path.is_file() and path.stat().st_size != file.size:
            path.unlink()
    if not content.is_file():
        content.parent.mkdir(parents=True, exist_ok=True)
        part = content.with_name(content.name + cache.INCOMPLETE)
        if not _borrow(file, part):
            with part.open("ab") as output:
                get(plan.at, file, output, done)
        if not is_right(part, file):
            part.unlink()
            raise ModelError(f"{file.name} of {plan.id} arrived damaged: fetch it again, the other files are kept.")
        os.replace(part, content)
    named = huggingface_hub.hf_hub_download(
        plan.id, file.name, revision=plan.at.commit, cache_dir=cache.cache_folder(), endpoint=plan.at.endpoint
    )
    if not Path(named).is_symlink():
        # Where the system has no links the cache keeps content under its name alone.
        content.unlink(missing_ok=True)


def _borrow(file: RemoteFile, target: Path) -> bool:
    """Makes `target` a link to the same file of another model, if there is one and the disk can do that: models share text
    encoders of several gigabytes."""
    other = _elsewhere(file)
    if other is None or not is_right(other, file):
        return False
    target.unlink(missing_ok=True)
    try:
        os.link(other.resolve(), target)
    except OSError:
        return False
    return True


def _elsewhere(file: RemoteFile) -> Path | None:
    """A file of the same content and size that another model has."""
    if not file.sha256:
        return None
    found = list(cache.same_content(file.sha256))
    for folder in store.stored():
        try:
            found += [folder / name for name, each in store.read_record(folder).files.items() if each.sha256 == file.sha256]
        except ModelError:
            continue
    return next((path for path in found if path.is_file() and path.stat().st_size == file.size), None)


def _check_space(plan: Plan) -> None:
    missing = [each.file for each in plan.wanted if not is_cached(plan.id, plan.at.commit, each.file)]
    needed = sum(file.size for file in missing if not cache.blob(plan.id, file.hash).is_file() and _elsewhere(file) is None)
    needed -= sum(path.stat().st_size for path in cache.beginnings(plan.id))
    # Beside what they were converted from.
    needed += sum(each.file.size for each in plan.wanted if each.converted)
    free = shutil.disk_usage(cache.cache_folder()).free
    if needed > 0 and needed + SPARE > free:
        raise ModelError(
            f"{plan.id} takes {needed / 1e9:.1f} GB, but only {free / 1e9:.1f} GB are free at {cache.cache_folder()}: make "
            "room, or let the environment's HF_HOME name a folder elsewhere."
        )
