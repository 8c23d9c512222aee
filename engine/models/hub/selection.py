"""Which files of a hub repository make up a model: settings, vocabularies, and one set of weights for each component."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.contract.errors import ModelError
from engine.models.folder.layout import VOCABULARIES, Component, index_name, stems_of, whole_name

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
    """A file of a repository. hash: SHA-256 of its content, or for small files git's own (40 digits). size: bytes."""

    name: str
    size: int
    hash: str

    @property
    def sha256(self) -> str:
        """Empty for a small file."""
        return self.hash if len(self.hash) == 64 else ""


@dataclass(frozen=True)
class Wanted:
    """A file to fetch and the name that it has to be read by, its own unless that says nothing to the loader."""

    file: RemoteFile
    name: str

    @property
    def converted(self) -> bool:
        """Whether it holds weights that are no safetensors yet."""
        return self.name.endswith(".safetensors") and not self.file.name.endswith(".safetensors")


def select(
    parts: list[Component],
    files: list[RemoteFile],
    half: bool = True,
    there: Callable[[RemoteFile], bool] = lambda file: False,
) -> list[Wanted]:
    """What to fetch of `files` for the components `parts`, beside the index of components.

    Of each network one set of weights: safetensors if there are any, and of those the fp16 variant if `half`, else the other.
    there: whether a file is on this machine already; with `half` a set that is goes before one that is not. Raises ModelError
    where something is not in `files`.
    """
    folders: dict[str, dict[str, RemoteFile]] = defaultdict(dict)
    for file in files:
        path = PurePosixPath(file.name)
        folders["" if path.parent == PurePosixPath(".") else str(path.parent)][path.name] = file
    return [wanted for part in parts for wanted in _of_component(part, folders[part.folder], half, there)]


def _of_component(
    part: Component, files: dict[str, RemoteFile], half: bool, there: Callable[[RemoteFile], bool]
) -> list[Wanted]:
    if part.kind == "tokenizer":
        names = [name for name in files if _VOCABULARY.fullmatch(name)]
        if not any(set(needed) <= set(names) for needed in VOCABULARIES):
            raise ModelError(_incomplete(part, "a vocabulary"))
        return [Wanted(files[name], files[name].name) for name in names]
    if part.config not in files:
        raise ModelError(_incomplete(part, part.config))
    settings = Wanted(files[part.config], files[part.config].name)
    return [settings] if part.kind == "scheduler" else [settings, *_weights(part, files, half, there)]


def _weights(part: Component, files: dict[str, RemoteFile], half: bool, there: Callable[[RemoteFile], bool]) -> list[Wanted]:
    by_kind: dict[tuple[str, bool], list[re.Match]] = defaultdict(list)
    for match in filter(None, map(_WEIGHTS.fullmatch, files)):
        by_kind[match["format"], bool(match["half"] or match["half_last"])].append(match)
    kinds = (("safetensors", half), ("safetensors", not half), ("bin", half), ("bin", not half))
    sets = [found for kind in kinds if (found := _set(part, files, by_kind[kind], "fp16" if kind[1] else None))]
    if sets:
        had = [each for each in sets if half and all(there(wanted.file) for wanted in each)]
        return (had or sets)[0]
    others = [name for name in files if _ANY_WEIGHTS.fullmatch(name)]
    if len(others) != 1:
        raise ModelError(_incomplete(part, "weights in a format that can be read"))
    return [Wanted(files[others[0]], _local(part, whole_name(_stem(part), None)))]


def _set(part: Component, files: dict[str, RemoteFile], matches: list[re.Match], variant: str | None) -> list[Wanted]:
    """One set of weights of those in `matches`; none where there is none. What the loader does not know by its name is renamed,
    and files without an index that it reads are renamed together, so that they can be given one."""
    if whole := [match.string for match in matches if not match["number"]]:
        known = [name for name in whole if name in [whole_name(stem, variant) for stem in stems_of(part)]]
        name = (known or whole)[0]
        return [Wanted(files[name], _local(part, name if known else whole_name(_stem(part), None)))]
    shards = sorted(matches, key=lambda match: match["number"])
    if not shards:
        return []
    if [int(match["number"]) for match in shards] != list(range(1, int(shards[0]["count"]) + 1)):
        raise ModelError(_incomplete(part, "some of the parts of its weights"))
    indexes = [index_name(stem, variant) for stem in stems_of(part) if index_name(stem, variant) in files]
    if indexes and shards[0]["format"] == "safetensors":
        return [Wanted(files[name], files[name].name) for name in (indexes[0], *(match.string for match in shards))]
    return [
        Wanted(files[match.string], _local(part, f"{_stem(part)}-{match['number']}-of-{match['count']}.safetensors"))
        for match in shards
    ]


def _stem(part: Component) -> str:
    return stems_of(part)[0]


def _local(part: Component, name: str) -> str:
    return f"{part.folder}/{name}" if part.folder else name


def _incomplete(part: Component, what: str) -> str:
    return f"its component {part.name} ({part.class_name}) lacks {what}"
