"""What a command line has to say beside an error's own sentence, by its kind: which options help."""

from __future__ import annotations

from engine.contract.errors import EngineError

HINTS = {
    "taken": "Give another folder with --output, or add --overwrite.",
    "busy": "Or give another folder with --output.",
    "write": "The same command goes on, or begins in another --output folder.",
    "damaged": "Generate it with --overwrite, or in another --output folder.",
    "device": "Name the device with --device.",
    "memory": "`resume DIR --memory low` goes on with less; --quality draft takes less too.",
    "gate": "The checkpoint is kept: `resume DIR --keep-going` goes on all the same, `export DIR` makes an asset of it.",
    "diverged": "`export` makes an asset of the checkpoint.",
    "empty_frame": "Add --empty-frames skip, or hold.",
    "empty": "The scene is kept: `render` shows it.",
    "stopped": "Run the same command to go on from the checkpoint.",
    "elsewhere": "Add --host {source}.",
    "fetch": "`python -m engine models fetch {source}` fetches it.",
}


def hint(error: EngineError) -> str:
    """Empty where no option helps."""
    return hint_of(error.kind, getattr(error, "source", ""))


def hint_of(kind: str, source: str = "") -> str:
    """The same by an error's kind. source: the model or the host that it is about; without one, a hint that names it is left
    out."""
    found = HINTS.get(kind, "")
    return "" if "{source}" in found and not source else found.format(source=source)
