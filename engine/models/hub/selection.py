"""Which files of a hub repository make up a model: settings, vocabularies, and one set of weights for each component."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.contract.errors import ModelError
from engine.models.layout import VOCABULARIES, Component

_WEIGHTS = re.compile(
    r"(diffusion_pytorch_model|pytorch_model|model)(?P<half>\.fp16)?(-(?P<number>\d{5})-of-(?P<count>\d{5}))?"
    r"(?P<half_last>\.fp16)?\.(?P<format>safetensors|bin)"
)
# Whatever its name: a checkpoint, where there is but one. Not what other frameworks and trainers leave.
_ANY_WEIGHTS = re.compile(
    r"(?!openvino|onnx|flax|tf_|training|optimizer|scheduler|.*non_ema)[\w.-]+\.(safetensors|bin|pt|pth|ckpt)"
)
_VOCABULARY = re.compile(r"(?!.*\.index\.)[\w.-]+\.(json|txt|model)")


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository. sha256: of its content, if the hub tells; blob: its git id, a SHA-1. size: bytes."""

    name: str
    size: int
    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True)
class Wanted:
    """A file to fetch and the name it gets in the model's folder."""

    file: RemoteFile
    name: str

    @property
    def converted(self) -> bool:
        """Whether it holds weights that are no safetensors yet."""
        return self.name.endswith(".safetensors") and not self.file.name.endswith(".safetensors")


def select(parts: list[Component], files: list[RemoteFile], half: bool = True) -> list[Wanted]:
    """What to fetch of `files` for the components `parts`, beside the index.

    Of each network one set of weights: safetensors if there are any, and of those the fp16 variant if `half`, else the other;
    a variant gets the plain names. Raises ModelError where something is not there.
    """
    folders: dict[str, dict[str, RemoteFile]] = defaultdict(dict)
    for file in files:
        path = PurePosixPath(file.name)
        folders["" if path.parent == PurePosixPath(".") else str(path.parent)][path.name] = file
    return [wanted for part in parts for wanted in _of_component(part, folders[part.folder], half)]


def _of_component(part: Component, files: dict[str, RemoteFile], half: bool) -> list[Wanted]:
    if part.kind == "tokenizer":
        names = [name for name in files if _VOCABULARY.fullmatch(name)]
        if not any(set(needed) <= set(names) for needed in VOCABULARIES):
            raise ModelError(_incomplete(part, "a vocabulary"))
        return [Wanted(files[name], _local(part, name)) for name in names]
    if part.config not in files:
        raise ModelError(_incomplete(part, part.config))
    settings = Wanted(files[part.config], _local(part, part.config))
    return [settings] if part.kind == "scheduler" else [settings, *_weights(part, files, half)]


def _weights(part: Component, files: dict[str, RemoteFile], half: bool) -> list[Wanted]:
    stem = "model" if part.library == "transformers" else "diffusion_pytorch_model"
    sets: dict[tuple[str, bool], list[re.Match]] = defaultdict(list)
    for match in filter(None, map(_WEIGHTS.fullmatch, files)):
        sets[match["format"], bool(match["half"] or match["half_last"])].append(match)
    for kind in (("safetensors", half), ("safetensors", not half), ("bin", half), ("bin", not half)):
        whole = [match for match in sets[kind] if not match["number"]]
        if whole:
            return [Wanted(files[whole[0].string], _local(part, f"{stem}.safetensors"))]
        shards = sorted(sets[kind], key=lambda match: match["number"])
        if shards:
            if [int(match["number"]) for match in shards] != list(range(1, int(shards[0]["count"]) + 1)):
                raise ModelError(_incomplete(part, "some of the parts of its weights"))
            return [
                Wanted(files[match.string], _local(part, f"{stem}-{match['number']}-of-{match['count']}.safetensors"))
                for match in shards
            ]
    others = [name for name in files if _ANY_WEIGHTS.fullmatch(name)]
    if len(others) != 1:
        raise ModelError(_incomplete(part, "weights in a format that can be read"))
    return [Wanted(files[others[0]], _local(part, f"{stem}.safetensors"))]


def _local(part: Component, name: str) -> str:
    return f"{part.folder}/{name}" if part.folder else name


def _incomplete(part: Component, what: str) -> str:
    return f"its component {part.name} ({part.class_name}) lacks {what}"
