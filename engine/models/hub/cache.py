"""The cache that all programs share which use the Hugging Face hub: HF_HUB_CACHE, by default `hub` in HF_HOME.

Its layout is the hub library's, https://huggingface.co/docs/huggingface_hub/guides/manage-cache:

    models--owner--name/refs/<revision>         the commit that a branch or a tag was at
    models--owner--name/snapshots/<commit>/     the files by their names, links to their content
    models--owner--name/blobs/<hash>            content, by its SHA-256 or by git's own hash of small files
    models--owner--name/blobs/<hash>.incomplete its beginning, where a download broke off
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants

from engine.files import write_text
from engine.models.hub.ids import MAIN, split_source

INCOMPLETE = ".incomplete"
_PREFIX = "models--"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_BEGINNING = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True)
class Snapshot:
    """What the cache has of a model at one commit. revisions: the branches and tags that were at it."""

    id: str
    commit: str
    revisions: tuple[str, ...]
    folder: Path


def cache_folder() -> Path:
    return Path(constants.HF_HUB_CACHE)


def repository(name: str) -> Path:
    """The folder of all that there is of a model."""
    return cache_folder() / f"{_PREFIX}{name.replace('/', '--')}"


def snapshot_folder(name: str, commit: str) -> Path:
    return repository(name) / "snapshots" / commit


def blob(name: str, content_hash: str) -> Path:
    """Where a file's content is, or would be."""
    return repository(name) / "blobs" / content_hash


def commit_of(name: str, revision: str = MAIN) -> str | None:
    """The commit that a branch or a tag was at when it was fetched, or that the beginning of a commit's hash means."""
    reference = repository(name) / "refs" / revision
    try:
        commit = reference.read_text("utf-8").strip()
        if _COMMIT.fullmatch(commit):
            return commit
    except (OSError, ValueError):
        pass
    if not may_be_commit(revision):
        return None
    return next((each.commit for each in snapshots(name) if each.commit.startswith(revision)), None)


def may_be_commit(revision: str) -> bool:
    """Whether it looks like a commit's hash, or enough of its beginning."""
    return bool(_BEGINNING.fullmatch(revision))


def set_reference(name: str, revision: str, commit: str) -> None:
    """Lets a branch or a tag mean `commit` from now on."""
    if revision != commit:
        reference = repository(name) / "refs" / revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        write_text(reference, commit)


def snapshots(name: str) -> list[Snapshot]:
    """All commits that there is something of."""
    folder = repository(name)
    try:
        commits = sorted(path.name for path in (folder / "snapshots").iterdir() if _COMMIT.fullmatch(path.name))
    except OSError:
        return []
    named: dict[str, list[str]] = {}
    for path in sorted(path for path in (folder / "refs").rglob("*") if path.is_file()):
        named.setdefault(path.read_text("utf-8", "replace").strip(), []).append(path.relative_to(folder / "refs").as_posix())
    return [Snapshot(name, commit, tuple(named.get(commit, ())), snapshot_folder(name, commit)) for commit in commits]


def names() -> list[str]:
    """The ids of all models that the cache has something of."""
    try:
        folders = sorted(path.name for path in cache_folder().iterdir() if path.name.startswith(_PREFIX))
    except OSError:
        return []
    found = (folder.removeprefix(_PREFIX).replace("--", "/", 1) for folder in folders)
    return [name for name in found if split_source(name)]


def beginnings(name: str) -> list[Path]:
    """What downloads that broke off have left of single files."""
    # Not those with a mark between, which are another program's that is at work.
    found = (repository(name) / "blobs").glob(f"*{INCOMPLETE}")
    return sorted(path for path in found if "." not in path.name.removesuffix(INCOMPLETE))


def same_content(sha256: str) -> Iterator[Path]:
    """Files of this content that the cache has for any model."""
    return cache_folder().glob(f"{_PREFIX}*/blobs/{sha256}")
