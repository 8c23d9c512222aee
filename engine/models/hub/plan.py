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
from engine.models.check import check_model
from engine.models.hub.download import Commit, be_quiet, get, told
from engine.models.hub.selection import RemoteFile, Wanted, select
from engine.models.hub.store import RECORD, folder_of, read_record, split_source
from engine.models.layout import INDEX, components_of_index, single_component

WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Plan:
    """What fetching a model takes. revision: as asked for. licence: as the hub names it, empty where it does not."""

    at: Commit
    revision: str
    licence: str
    wanted: tuple[Wanted, ...]

    @property
    def id(self) -> str:
        return self.at.id

    @property
    def size(self) -> int:
        """Bytes to download in all."""
        return sum(each.file.size for each in self.wanted)

    @property
    def folder(self) -> Path:
        """Where the model will be."""
        return folder_of(self.id, self.revision)

    @property
    def is_there(self) -> bool:
        """Whether just this was fetched before, and is whole."""
        if not (self.folder / RECORD).is_file() or check_model(self.folder):
            return False
        record = read_record(self.folder)
        if record.commit != self.at.commit:
            return False
        have = {name: file for name, file in record.files.items() if not name.endswith(".index.json")}
        return have.keys() == {each.name for each in self.wanted} and all(
            each.converted or have[each.name].size == each.file.size for each in self.wanted
        )


def plan_fetch(source: str, half: bool = True, endpoint: str | None = None) -> Plan:
    """Asks the hub what `source`, owner/name or owner/name@revision, is made of. half: the fp16 weights where there are some.

    endpoint: of another hub than huggingface.co (the environment's HF_ENDPOINT if left out). Raises ModelError.
    """
    parts = split_source(source)
    if parts is None:
        raise ModelError(f"{source!r} is no id of the Hugging Face hub: give owner/name or owner/name@revision.")
    name, revision = canonical(parts[0]), parts[1]
    be_quiet()
    with told(name, revision):
        api = huggingface_hub.HfApi(endpoint=endpoint or os.environ.get("HF_ENDPOINT"))
        info = api.model_info(name, revision=revision, files_metadata=True, timeout=WAIT_SECONDS)
        files = [
            RemoteFile(each.rfilename, each.size or 0, each.lfs.sha256 if each.lfs else "", each.blob_id or "")
            for each in info.siblings or []
        ]
        settings = next((file for wanted in (INDEX, "config.json") for file in files if file.name == wanted), None)
        if settings is None:
            raise ModelError(f"{name} is not in diffusers' layout (it has no {INDEX}): choose a port of it that is.")
        at = Commit(name, info.sha, api.endpoint)
        value = _settings(at, settings)
    try:
        if settings.name == INDEX:
            # The index goes first: the rest is read by it.
            wanted = [Wanted(settings, settings.name), *select(components_of_index(value, f"{INDEX} of {name}"), files, half)]
        else:
            wanted = select(single_component(value, name), files, half)
    except ModelError as error:
        raise ModelError(f"{name} can't be used: {error}") from error
    return Plan(at, revision, _licence(info), tuple(wanted))


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
    card = info.card_data.to_dict() if info.card_data else {}
    tag = next((tag.partition(":")[2] for tag in info.tags or [] if tag.startswith("license:")), "")
    return str(card.get("license_name") or card.get("license") or tag)
