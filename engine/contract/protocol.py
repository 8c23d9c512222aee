"""Messages between the engine and whoever drives it: one JSON object a line, UTF-8. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

VERSION = 1
MAX_LINE = 2**20
PREVIEWS = ("image", "mesh", "video")
MAX_SENTENCE = 2000


def encode(message: dict[str, Any]) -> str:
    """One line without its newline. Raises ValueError if it is longer than a line may be or is not plain JSON."""
    # All ASCII: a path that is no valid text in UTF-8 gets through as well.
    line = json.dumps(message, allow_nan=False)
    if len(line) > MAX_LINE:
        raise ValueError(f"a message of type {message.get('type')!r} is longer than {MAX_LINE} bytes")
    return line


def decode(line: str | bytes) -> dict[str, Any]:
    """The message in a line. Raises ValueError where it is no JSON object with a "type"."""
    if len(line if isinstance(line, bytes) else line.encode("utf-8")) > MAX_LINE:
        raise ValueError(f"a line is longer than {MAX_LINE} bytes")
    try:
        message = json.loads(line, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("a line is nested too deeply") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError('a message is an object with a "type"')
    return message


def lines(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Every line that comes, without its end, until `read` gives nothing; what has no end by then is dropped.

    read: as os.read, waits for at most so many bytes. An overlong line comes cut, just too long for `decode`: a line without
    an end takes no more memory than that.
    """
    line = b""
    while block := read(2**16):
        *ended, rest = block.split(b"\n")
        for part in ended:
            yield (line + part).removesuffix(b"\r")[: MAX_LINE + 1]
            line = b""
        line = (line + rest)[: MAX_LINE + 1]


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def of_job(message: dict[str, Any], job: str) -> dict[str, Any]:
    """The message as one of a job's."""
    return {"type": message["type"], "job": job} | message


def hello(engine: str, device: str, presets: list[dict[str, Any]], qualities: list[str]) -> dict[str, Any]:
    """What the engine opens with. presets: {"name", "ready", "reason"} each, and "words" where only some are known:
    {"colours", "objects", "motions"}, lists."""
    return {
        "type": "hello", "protocol": VERSION, "engine": engine, "device": device, "presets": presets, "qualities": qualities,
    }  # fmt: skip


def queued(place: int) -> dict[str, Any]:
    """How many the job waits for; 0: it starts now."""
    return {"type": "queued", "place": place}


def started(request: dict[str, Any]) -> dict[str, Any]:
    """The job begins, or goes on, with this request; its seed is in it."""
    return {"type": "started", **request}


def progress(stage: str, step: int, steps: int, eta_s: float, metrics: dict[str, float]) -> dict[str, Any]:
    """How far a job is: `step` of `steps` in `stage`, and the seconds left for the whole job."""
    return {"type": "progress", "stage": stage, "step": step, "steps": steps, "eta_s": round(eta_s, 1), "metrics": metrics}


def preview(kind: str, path: str) -> dict[str, Any]:
    """A small picture ("image"), mesh ("mesh") or movie ("video") of the scene as it is now."""
    return {"type": "preview", "kind": kind, "path": path}


def gate(stage: str, step: int, looks: dict[str, float], faults: list[str]) -> dict[str, Any]:
    """What the scene looks like after `step` of `stage`, by `engine.stages.looks.Looks`, and what is wrong with it, a clause
    each: where there is any, the job stops there unless it is to keep going."""
    return {"type": "gate", "stage": stage, "step": step, "looks": looks, "faults": faults}


def result(path: str, advice: str = "") -> dict[str, Any]:
    """The finished asset folder, and what is worth saying about it, if anything."""
    return {"type": "result", "path": path} | ({"advice": advice} if advice else {})


def estimate(seconds: dict[str, float], memory_mb: int | None) -> dict[str, Any]:
    """What a request would take: seconds of each stage and of the mesh, and the most memory held (None: not known)."""
    return {"type": "estimate", "seconds": seconds, "memory_mb": memory_mb}


def models(rows: list[dict[str, Any]], folder: str) -> dict[str, Any]:
    """The models there are, see `engine.models.overview.Row`, and the folder of fetched ones."""
    return {"type": "models", "folder": folder, "models": rows}


def model_check(source: str, faults: list[str]) -> dict[str, Any]:
    """What is wrong with a model, a sentence each; none where it is whole."""
    return {"type": "model_check", "source": source, "faults": faults}


def dry_run(preset: str, found: dict[str, Any]) -> dict[str, Any]:
    """Whether a preset will run, see `engine.pipeline.dry_run.DryRun`."""
    return {"type": "dry_run", "preset": preset, **found}


def connection(state: str, message: str, retry_s: float) -> dict[str, Any]:
    """Whether the computer that the engine runs on can be reached: "lost", with the seconds to the next try, or "back"."""
    return {"type": "connection", "state": state, "message": message, "retry_s": retry_s}


def cancelling() -> dict[str, Any]:
    """The job is being stopped: its checkpoint is written, and an asset of what there is follows where it was asked for."""
    return {"type": "cancelling"}


def cancelled(message: str, path: str = "") -> dict[str, Any]:
    """The job has been stopped: what became of it, and the asset folder if there is one."""
    return {"type": "cancelled", "message": message} | ({"path": path} if path else {})


def error(kind: str, message: str, advice: str = "") -> dict[str, Any]:
    """What went wrong, in one sentence, and what to do about it. One of kind "protocol" answers a message that means nothing
    and ends no job, even where it names one."""
    return {"type": "error", "kind": kind, "message": message, "advice": advice}


def shortened(sentence: str) -> str:
    """Fit for a message, whatever a user's text has made of it."""
    return sentence if len(sentence) <= MAX_SENTENCE else sentence[:MAX_SENTENCE] + "..."
