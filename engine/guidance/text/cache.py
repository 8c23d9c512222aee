"""A cache of encoded prompts: the largest text encoders take far longer to load than a prompt takes to read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.files import written_aside
from engine.guidance.text.encoders import TextStates
from engine.guidance.text.prompts import EncodedPrompt

SIDES = ("conditional", "unconditional")


def cached_prompt(folder: Path | None, key: str, encode: Callable[[], EncodedPrompt]) -> EncodedPrompt:
    """What `encode` gives: from the file of `key` in `folder` where that has been asked before, else asked and kept there.

    Without a folder it is always asked. A file that can't be read is written anew; one that can't be written does no harm.
    """
    if folder is None:
        return encode()
    path = folder / f"{key}.safetensors"
    try:
        return _from_tensors(load_file(path))
    except (OSError, SafetensorError, KeyError, ValueError):
        prompt = encode()
    with suppress(OSError, SafetensorError):
        folder.mkdir(parents=True, exist_ok=True)
        with written_aside(path) as part:
            save_file(_tensors(prompt), part)
    return prompt


def cache_key(model: Path, parts: Iterable[str], *asked: object) -> str:
    """Names what the components `parts` of the model in `model` say of `asked`. Their files count by name, size and time of
    change."""
    files = [
        (path.relative_to(model).as_posix(), path.stat().st_size, path.stat().st_mtime_ns)
        for part in sorted(parts)
        for path in sorted((model / part).rglob("*"))
        if path.is_file()
    ]
    return hashlib.sha256(json.dumps([str(model.resolve()), files, asked]).encode()).hexdigest()[:32]


def _tensors(prompt: EncodedPrompt) -> dict[str, Tensor]:
    found = {f"{side}.{name}": getattr(getattr(prompt, side), name) for side in SIDES for name in ("states", "pooled")}
    return {name: value.cpu().contiguous() for name, value in found.items() if value is not None}


def _from_tensors(tensors: dict[str, Tensor]) -> EncodedPrompt:
    return EncodedPrompt(*(TextStates(tensors[f"{side}.states"], tensors.get(f"{side}.pooled")) for side in SIDES))
