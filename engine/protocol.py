"""Messages between the engine and whoever drives it: one JSON object a line, UTF-8. Standard library only."""

from __future__ import annotations

import json
from typing import Any

VERSION = 1
LONGEST_LINE = 2**20


def encode(message: dict[str, Any]) -> str:
    """One line without its newline. Raises ValueError if it is longer than a line may be or is not plain JSON."""
    line = json.dumps(message, ensure_ascii=False, allow_nan=False)
    if len(line.encode("utf-8")) > LONGEST_LINE:
        raise ValueError(f"a message of type {message.get('type')!r} is longer than {LONGEST_LINE} bytes")
    return line


def decode(line: str) -> dict[str, Any]:
    """The message in a line. Raises ValueError where it is no JSON object with a "type"."""
    if len(line.encode("utf-8")) > LONGEST_LINE:
        raise ValueError(f"a line is longer than {LONGEST_LINE} bytes")
    message = json.loads(line)
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError('a message is an object with a "type"')
    return message


def progress(stage: str, step: int, steps: int, eta_s: float, metrics: dict[str, float]) -> dict[str, Any]:
    """How far a job is: `step` of `steps` in `stage`, and the seconds left for the whole job."""
    return {"type": "progress", "stage": stage, "step": step, "steps": steps, "eta_s": round(eta_s, 1), "metrics": metrics}


def preview(kind: str, path: str) -> dict[str, Any]:
    """A small picture ("image") or mesh ("mesh") of the scene as it is now."""
    return {"type": "preview", "kind": kind, "path": path}


def result(path: str, advice: str = "") -> dict[str, Any]:
    """The finished asset folder, and what is worth saying about it, if anything."""
    return {"type": "result", "path": path} | ({"advice": advice} if advice else {})


def estimate(seconds: dict[str, float], memory_mb: int | None) -> dict[str, Any]:
    """What a request would take: seconds of each stage and of the mesh, and the most memory held (None: not known)."""
    return {"type": "estimate", "seconds": seconds, "memory_mb": memory_mb}


def cancelling() -> dict[str, Any]:
    """The job is being stopped: its checkpoint is written, and an asset of what there is follows."""
    return {"type": "cancelling"}


def error(kind: str, message: str, advice: str = "") -> dict[str, Any]:
    """What went wrong, in one sentence, and what to do about it."""
    return {"type": "error", "kind": kind, "message": message, "advice": advice}
