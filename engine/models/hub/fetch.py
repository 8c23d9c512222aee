"""Fetches a model from the Hugging Face hub: what it is made of and nothing else, checked, and put in place when whole.

A download that broke off goes on where it was. No code of a repository is fetched, let alone run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from engine.contract.errors import ModelError
from engine.models.check import check_model, sha256
from engine.models.convert import converted_from, to_safetensors, write_index
from engine.models.hub import store
from engine.models.hub.download import be_quiet, get, is_right, told
from engine.models.hub.plan import Plan
from engine.models.hub.selection import RemoteFile, Wanted

SPARE = 200 * 2**20

# Hears the bytes that are there and the bytes of all.
Progress = Callable[[int, int], None]


def fetch(plan: Plan, progress: Progress = lambda done, size: None) -> Path:
    """Fetches what is planned and gives its folder. Raises ModelError; what was fetched by then is kept for the next time."""
    part = plan.folder.with_name(plan.folder.name + store.PARTIAL)
    be_quiet()
    with told(plan.id, plan.revision):
        locks = store.models_folder() / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(locks / f"{plan.folder.name}.lock", timeout=0):
                part.mkdir(exist_ok=True)
                return _fetch(plan, part, progress)
        except Timeout:
            raise ModelError(f"{plan.id} is being fetched by another process: wait for that one.") from None


def _fetch(plan: Plan, part: Path, progress: Progress) -> Path:
    known = _known_files()
    _check_space(plan, part, known)
    before = 0
    for each in plan.wanted:
        progress(before, plan.size)
        _fetch_wanted(plan, each, part, known, lambda done, before=before: progress(before + done, plan.size))
        before += each.file.size
    progress(plan.size, plan.size)
    _drop_others(plan, part)
    for folder in sorted({(part / each.name).parent for each in plan.wanted}):
        write_index(folder)
    if faults := check_model(part):
        raise ModelError(f"{plan.id} was fetched, but can't be used: {faults[0]}")
    hashes = {each.name: each.file.sha256 for each in plan.wanted if not each.converted}
    files = {}
    for path in sorted(path for path in part.rglob("*") if path.is_file() and path.name != store.RECORD):
        name = path.relative_to(part).as_posix()
        files[name] = store.File(path.stat().st_size, hashes.get(name) or sha256(path))
    store.write_record(part, store.Record(plan.id, plan.revision, plan.at.commit, plan.licence, files))
    _put_in_place(part, plan.folder)
    return plan.folder


def _fetch_wanted(plan: Plan, wanted: Wanted, part: Path, known: dict[str, Path], done: Callable[[int], None]) -> None:
    """One file to its place in `part`; its beginning may be there already."""
    target = part / wanted.name
    target.parent.mkdir(exist_ok=True)
    if wanted.converted:
        origin = _mark(plan, wanted.file)
        if converted_from(target) == origin:
            return
        source = target.with_name(Path(wanted.file.name).name)
        _fetch_as(plan, wanted.file, source, known, done)
        to_safetensors(source, target, origin)
        source.unlink()
    else:
        _fetch_as(plan, wanted.file, target, known, done)


def _fetch_as(plan: Plan, file: RemoteFile, target: Path, known: dict[str, Path], done: Callable[[int], None]) -> None:
    if target.is_file() and is_right(target, file):
        return
    # The beginning of another version is no beginning of this one.
    part = target.with_name(f"{target.name}.{_mark(plan, file)[:12]}.part")
    if not _borrow(file, part, known):
        with part.open("ab") as output:
            get(plan.at, file, output, done)
    if not is_right(part, file):
        part.unlink()
        raise ModelError(f"{file.name} of {plan.id} arrived damaged: fetch it again, the other files are kept.")
    os.replace(part, target)


def _mark(plan: Plan, file: RemoteFile) -> str:
    """What tells this version of a file from others."""
    return file.sha256 or file.blob or plan.at.commit


def _known_files() -> dict[str, Path]:
    """The files of all fetched models by their SHA-256: models share text encoders of several gigabytes."""
    found = {}
    for folder in store.fetched():
        try:
            found |= {file.sha256: folder / name for name, file in store.read_record(folder).files.items()}
        except ModelError:
            continue
    return found


def _borrow(file: RemoteFile, target: Path, known: dict[str, Path]) -> bool:
    """Makes `target` a link to the same file of another model, if there is one and the disk can do that."""
    other = known.get(file.sha256) if file.sha256 else None
    if other is None or not other.is_file() or not is_right(other, file):
        return False
    target.unlink(missing_ok=True)
    try:
        os.link(other, target)
    except OSError:
        return False
    return True


def _check_space(plan: Plan, part: Path, known: dict[str, Path]) -> None:
    needed = sum(each.file.size for each in plan.wanted if each.file.sha256 not in known)
    # For a while a converted file is there twice.
    needed += max((each.file.size for each in plan.wanted if each.converted), default=0)
    needed -= sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
    free = shutil.disk_usage(part).free
    if needed > 0 and needed + SPARE > free:
        raise ModelError(
            f"{plan.id} takes {needed / 1e9:.1f} GB, but only {free / 1e9:.1f} GB are free at {store.models_folder()}: make "
            "room, or let the environment's MAV3D_MODELS name a folder elsewhere."
        )


def _drop_others(plan: Plan, part: Path) -> None:
    """Deletes what an earlier attempt at another version left."""
    names = {each.name for each in plan.wanted}
    for path in [path for path in part.rglob("*") if path.is_file()]:
        if path.relative_to(part).as_posix() not in names:
            path.unlink()


def _put_in_place(part: Path, folder: Path) -> None:
    old = folder.with_name(folder.name + store.REPLACED)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    part.replace(folder)
    shutil.rmtree(old, ignore_errors=True)
