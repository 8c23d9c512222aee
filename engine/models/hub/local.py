"""The models of the hub that are on this machine, whoever fetched them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.contract.errors import ModelError
from engine.models.folder.check import is_whole
from engine.models.folder.layout import is_model
from engine.models.hub import cache, store
from engine.models.hub.ids import MAIN, source_text


@dataclass(frozen=True)
class LocalModel:
    """folder: in diffusers' layout. revision: a branch or tag that it was fetched by, else its commit."""

    id: str
    revision: str
    commit: str
    folder: Path

    @property
    def source(self) -> str:
        return source_text(self.id, self.revision)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return store.size_on_disk(self.folder)

    @property
    def licence(self) -> str:
        """As its page names it; empty where that is not known."""
        if (self.folder / store.RECORD).is_file():
            try:
                return store.read_record(self.folder).licence
            except ModelError:
                return ""
        try:
            from huggingface_hub.repocard import metadata_load

            return licence_of_card(metadata_load(self.folder / "README.md") or {})
        except Exception:
            # A page is whatever its author wrote, and the reader of its metadata raises its own errors.
            return ""


def licence_of_card(card: dict) -> str:
    """The licence that the metadata of a model's page name; empty where there is none."""
    return str(card.get("license_name") or card.get("license") or "")


def find(name: str, revision: str = MAIN) -> LocalModel | None:
    """A model that is whole on this machine, without asking the network; None where it has to be fetched first.

    revision: also a commit or its beginning, whatever it was fetched by.
    """
    commit = cache.commit_of(name, revision)
    if commit and (folder := usable_folder(name, commit)):
        return LocalModel(name, revision, commit, folder)
    earlier = store.folder_of(name, revision)
    if (earlier / store.RECORD).is_file():
        return LocalModel(name, revision, _recorded_commit(earlier), earlier)
    if not cache.may_be_commit(revision):
        return None
    return next((model for model in fetched() if model.id == name and model.commit.startswith(revision)), None)


def usable_folder(name: str, commit: str) -> Path | None:
    """The folder of a whole model of one commit: converted, or as it is in the cache."""
    converted = store.folder_of(name, commit)
    if (converted / store.RECORD).is_file():
        return converted
    snapshot = cache.snapshot_folder(name, commit)
    return snapshot if is_whole(snapshot) else None


def fetched() -> list[LocalModel]:
    """All models that are whole on this machine, by name; one at two branches comes twice."""
    found = []
    for name in cache.names():
        for each in cache.snapshots(name):
            if folder := usable_folder(name, each.commit):
                found += [LocalModel(name, revision, each.commit, folder) for revision in each.revisions or (each.commit,)]
    known = {model.folder for model in found} | {store.folder_of(model.id, model.revision) for model in found}
    for folder in store.stored():
        if folder not in known:
            name, revision = store.parts_of(folder)
            found.append(LocalModel(name, revision, _recorded_commit(folder), folder))
    return sorted(found, key=lambda model: (model.id, model.revision))


def broken_off() -> dict[str, int]:
    """Downloads that are not finished: bytes on disk by the model's id."""
    found: dict[str, int] = {}
    for name in cache.names():
        folders = _unfinished(name)
        if folders or cache.beginnings(name):
            found[name] = sum(map(store.size_on_disk, folders)) + sum(path.stat().st_size for path in cache.beginnings(name))
    for folder in store.partial():
        name = store.parts_of(folder)[0]
        found[name] = found.get(name, 0) + store.size_on_disk(folder)
    return found


def remove(name: str, revision: str = MAIN) -> int:
    """Deletes a model, or what a download of it left, from the cache and from our own folder; returns the bytes that are free.

    Raises ModelError where there is neither.
    """
    commit = cache.commit_of(name, revision)
    folders = {store.folder_of(name, each) for each in (revision, commit) if each}
    if (model := find(name, revision)) and (model.folder / store.RECORD).is_file():
        folders.add(model.folder)
    # What has no name yet goes with the branch that nearly every download is of.
    unfinished = _unfinished(name) if revision == MAIN else []
    beginnings = cache.beginnings(name) if unfinished or revision == MAIN else []
    folders = {each for each in folders if each.is_dir() or each.with_name(each.name + store.PARTIAL).is_dir()}
    commits = {folder.name for folder in unfinished} | ({commit} if commit else set())
    if not (folders or beginnings or commits):
        raise ModelError(f"{source_text(name, revision)} is not on this machine: there is nothing to remove.")
    try:
        size = sum(map(store.remove, folders))
        for path in beginnings:
            size += path.stat().st_size
            path.unlink()
        return size + _remove_commits(name, commits)
    except OSError as error:
        raise ModelError(
            f"{source_text(name, revision)} can't be removed ({error.strerror or error}): end what uses it, then try again."
        ) from error


def _remove_commits(name: str, commits: set[str]) -> int:
    """Deletes commits from the cache, and the content that no other commit has."""
    if not commits:
        return 0
    from huggingface_hub import scan_cache_dir

    deletion = scan_cache_dir(cache.cache_folder()).delete_revisions(*commits)
    deletion.execute()
    if left := [commit for commit in commits if cache.snapshot_folder(name, commit).exists()]:
        raise OSError(f"{cache.snapshot_folder(name, left[0])} is still there")
    return deletion.expected_freed_size


def _unfinished(name: str) -> list[Path]:
    """The snapshots of a model that lack something."""
    return [
        each.folder
        for each in cache.snapshots(name)
        if is_model(each.folder) and usable_folder(name, each.commit) is None
    ]


def _recorded_commit(folder: Path) -> str:
    try:
        return store.read_record(folder).commit
    except ModelError:
        return ""
