"""What fetching a model from the hub takes: which files of which commit, how large they are, and under which licence."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub

from engine.contract.errors import ModelError
from engine.models.catalogue import canonical
from engine.models.folder.check import check_model
from engine.models.folder.layout import INDEX, components_of_index, single_component
from engine.models.hub import cache, store
from engine.models.hub.download import Commit, be_quiet, get, hub_errors
from engine.models.hub.environment import check_environment
from engine.models.hub.ids import split_source
from engine.models.hub.local import find, licence_of_card
from engine.models.hub.selection import RemoteFile, Wanted, select

WAIT_SECONDS = 30.0
# The model's page: with its licence, and no more than text.
CARD = "README.md"


@dataclass(frozen=True)
class Plan:
    """What fetching a model takes. revision: as asked for. licence: as the hub names it, empty where it does not. half: whether
    weights of either precision would do."""

    at: Commit
    revision: str
    licence: str
    wanted: tuple[Wanted, ...]
    half: bool

    @property
    def id(self) -> str:
        return self.at.id

    @property
    def size(self) -> int:
        """Bytes to download in all."""
        return sum(each.file.size for each in self.wanted)

    @property
    def rearranged(self) -> bool:
        """Whether some of it can't be read as it is in the cache: weights that are no safetensors, or have another name."""
        return any(each.name != each.file.name for each in self.wanted)

    @property
    def folder(self) -> Path:
        """Where the model will be."""
        place = store.folder_of if self.rearranged else cache.snapshot_folder
        return place(self.id, self.at.commit)

    @property
    def is_there(self) -> bool:
        """Whether just this is on this machine, and whole."""
        model = find(self.id, self.revision)
        if model is None or model.commit != self.at.commit or check_model(model.folder):
            return False
        if self.rearranged:
            # Which precision it was made from is known to whoever makes it, who keeps what is right.
            return self.half and model.folder == self.folder
        # What an earlier version of the engine fetched has names of its own, and is in half precision nearly always.
        return all(is_cached(self.id, self.at.commit, each.file) for each in self.wanted) or (
            self.half and model.folder == store.folder_of(self.id, self.revision)
        )


def is_cached(name: str, commit: str, file: RemoteFile) -> bool:
    """Whether the cache has all of a file under its name."""
    path = cache.snapshot_folder(name, commit) / file.name
    return path.is_file() and path.stat().st_size == file.size


def plan_fetch(source: str, half: bool = True, endpoint: str | None = None) -> Plan:
    """Asks the hub what `source`, owner/name or owner/name@revision, is made of. half: the fp16 weights where there are some.

    endpoint: of another hub than huggingface.co (the environment's HF_ENDPOINT if left out). Raises ModelError.
    """
    parts = split_source(source)
    if parts is None:
        raise ModelError(f"{source!r} is no id of the Hugging Face hub: give owner/name or owner/name@revision.")
    name, revision = canonical(parts[0]), parts[1]
    check_environment()
    be_quiet()
    with hub_errors(name, revision):
        api = huggingface_hub.HfApi(endpoint=endpoint or os.environ.get("HF_ENDPOINT"))
        info = api.model_info(name, revision=revision, files_metadata=True, timeout=WAIT_SECONDS)
        files = [
            RemoteFile(each.rfilename, each.size or 0, (each.lfs.sha256 if each.lfs else each.blob_id) or "")
            for each in info.siblings or []
        ]
        settings = next((file for wanted in (INDEX, "config.json") for file in files if file.name == wanted), None)
        if settings is None:
            raise ModelError(f"{name} is not in diffusers' layout (it has no {INDEX}): choose a port of it that is.")
        at = Commit(name, info.sha, api.endpoint)
        value = _settings(at, settings)
    try:
        index = settings.name == INDEX
        parts = components_of_index(value, f"{INDEX} of {name}") if index else single_component(value, name)
        wanted = select(parts, files, half, lambda file: _is_known(at, file))
    except ModelError as error:
        raise ModelError(f"{name} can't be used: {error}") from error
    # The index goes first: the rest is read by it.
    first = [Wanted(file, file.name) for file in files if file.name in ((INDEX, CARD) if index else (CARD,))]
    return Plan(at, revision, _licence(info), tuple(sorted(first, key=lambda each: each.name == CARD)) + tuple(wanted), half)


def _is_known(at: Commit, file: RemoteFile) -> bool:
    """Whether the cache has the content of a file, be it of another commit."""
    content = cache.blob(at.id, file.hash)
    return is_cached(at.id, at.commit, file) or (content.is_file() and content.stat().st_size == file.size)


def _settings(at: Commit, file: RemoteFile) -> dict:
    """The object in a small JSON file of the repository."""
    output = io.BytesIO()
    get(at, file, output, lambda done: None)
    try:
        value = json.loads(output.getvalue())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ModelError(f"{file.name} of {at.id} is damaged on the hub: choose another revision or model.")
    return value


def _licence(info: huggingface_hub.ModelInfo) -> str:
    tag = next((tag.partition(":")[2] for tag in info.tags or [] if tag.startswith("license:")), "")
    return licence_of_card(info.card_data.to_dict() if info.card_data else {}) or tag
