"""A model whose weights can't be read as the cache has them: a folder of our own, converted weights in it and links besides."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from engine.models.folder.check import sha256
from engine.models.folder.convert import converted_from, to_safetensors, write_index
from engine.models.hub import cache, store
from engine.models.hub.plan import Plan
from engine.models.hub.selection import Wanted


def rearrange(plan: Plan) -> None:
    """Makes the folder of `plan` from what the cache has of it. Weights that were converted before are kept. Raises ModelError,
    OSError."""
    part = plan.folder.with_name(plan.folder.name + store.PARTIAL)
    part.mkdir(parents=True, exist_ok=True)
    for each in plan.wanted:
        target = part / each.name
        target.parent.mkdir(parents=True, exist_ok=True)
        _put(each, cache.snapshot_folder(plan.id, plan.at.commit) / each.file.name, target, plan.folder / each.name)
    for folder in sorted({(part / each.name).parent for each in plan.wanted}):
        write_index(folder)
    hashes = {each.name: each.file.sha256 for each in plan.wanted if not each.converted}
    files = {}
    for path in sorted(path for path in part.rglob("*") if path.is_file() and path.name != store.RECORD):
        name = path.relative_to(part).as_posix()
        files[name] = store.File(path.stat().st_size, hashes.get(name) or sha256(path))
    store.write_record(part, store.Record(plan.id, plan.revision, plan.at.commit, plan.licence, files))
    store.put_in_place(part, plan.folder)


def _put(wanted: Wanted, source: Path, target: Path, before: Path) -> None:
    if not wanted.converted:
        _link(source, target)
    elif converted_from(target) != wanted.file.hash:
        if converted_from(before) == wanted.file.hash:
            before.replace(target)
        else:
            to_safetensors(source, target, wanted.file.hash)


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    for way in (os.symlink, os.link):
        try:
            return way(source.resolve(), target)
        except OSError:
            continue
    shutil.copyfile(source, target)
