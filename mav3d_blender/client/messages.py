"""Applies the engine's messages to jobs, and puts them into words. No value in a message is trusted to be of the right type."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.durations import duration_text
from ..jobs.job import STAGES, Job

MAX_SENTENCE = 2000
RESUME_HINT = "Resume continues from the last checkpoint."
# Where there are no checkpoints.
BEGIN_AGAIN_HINT = "Resume begins it again."
# By the kind of an error: which buttons help. The engine's own sentences name none.
ADVICE = {
    "write": RESUME_HINT,
    "memory": f"{RESUME_HINT} A lower quality takes less.",
    "gate": "Keep Going, under Details, lets Resume go on all the same.",
    "diverged": "Change the seed and press Generate.",
    "empty": "Change the seed or the quality and press Generate.",
    "damaged": "Retry starts it again.",
    "taken": "Retry starts it again, in a folder of its own.",
    "busy": "Then press Resume.",
    "fetch": "Fetch Models, under Models, downloads it.",
    "device": "Choose another device in the preferences of MAV3D.",
}


def apply_message(job: Job, message: dict[str, Any]) -> Job:
    """The job after a message about it; the same job where the message changes nothing."""
    kind = message["type"]
    running = "CANCELLING" if job.state == "CANCELLING" else "RUNNING"
    if kind == "started":
        # The settings in force, the seed among them.
        before = job.request | job.changes | {"seed": 0}
        now = {name: message[name] for name, value in before.items() if type(message.get(name)) is type(value)}
        return replace(job, state=running, request=job.request | now, changes={})
    if kind == "progress":
        step, steps = number_of(message.get("step")), number_of(message.get("steps"))
        seconds = max(0.0, number_of(message.get("eta_s")))
        return replace(
            job, state=running, stage=text_of(message.get("stage")), step=int(step), steps=int(steps), eta_s=float(seconds)
        )
    if kind == "preview" and message.get("kind") in ("image", "mesh") and path_of(message):
        return replace(job, **{message["kind"]: path_of(message)})
    if kind == "cancelling":
        return replace(job, state="CANCELLING")
    if kind == "result":
        sentence = panel_words(job, message.get("advice"))
        return replace(job, state="DONE", asset=path_of(message), message=sentence, advice="", eta_s=0.0)
    if kind == "cancelled":
        # Nobody here has cancelled it: the engine is leaving.
        state = "CANCELLED" if job.state == "CANCELLING" else "INTERRUPTED"
        asset, sentence = path_of(message) or job.asset, panel_words(job, message.get("message"))
        advice = resume_hint(job) if job.begun or job.tracks else ""
        return replace(job, state=state, asset=asset, message=sentence, advice=advice, eta_s=0.0)
    if kind == "error":
        if message.get("kind") == "protocol" and job.state == "CANCELLING":
            return replace(job, state="CANCELLED", message=resume_hint(job), eta_s=0.0)
        sentence = panel_words(job, message.get("message")) or "The engine failed."
        return replace(job, state="FAILED", message=sentence, advice=panel_words(job, advice_of(message)), eta_s=0.0)
    return job


def panel_words(job: Job, value: Any) -> str:
    """A sentence of the engine's about a job, with stages called as the panel calls them and no path of the job's own folder;
    empty where the value is no text."""
    text = text_of(value)
    for path in (str(Path(job.folder) / "asset"), job.folder) if job.folder else ():
        text = text.replace(path, "its folder")
    return re.sub(r"\bstage (\w+)", lambda found: STAGES.get(found[1], found[0]), text)


def resume_hint(job: Job) -> str:
    """What Resume does with the job."""
    return BEGIN_AGAIN_HINT if job.tracks else RESUME_HINT


def error_text(message: dict[str, Any]) -> str:
    """An error in a sentence, with what to do about it."""
    return f"{text_of(message.get('message')) or 'The engine failed.'} {advice_of(message)}".strip()


def advice_of(message: dict[str, Any]) -> str:
    """What to do about an error: the engine's own advice, or which button helps."""
    kind = message.get("kind")
    return text_of(message.get("advice")) or (ADVICE.get(kind, "") if isinstance(kind, str) else "")


def estimate_text(message: dict[str, Any]) -> str:
    """An estimate in words: "About 1 min 40 s and 900 MB of memory"."""
    parts = message.get("seconds")
    values = parts.values() if isinstance(parts, dict) else [parts]
    total = sum(max(0.0, number_of(value)) for value in values)
    memory = number_of(message.get("memory_mb"))
    return f"About {duration_text(total)}" + (f" and {memory:.0f} MB of memory" if memory > 0 else "")


def path_of(message: dict[str, Any]) -> str:
    """The path in a message; empty where there is none."""
    value = message.get("path")
    return value if isinstance(value, str) else ""


def text_of(value: Any) -> str:
    """The value if it is text, cut to MAX_SENTENCE characters, else ""."""
    return value[:MAX_SENTENCE] if isinstance(value, str) else ""


def number_of(value: Any) -> float:
    """The value if it is a finite number below 1e12, else 0."""
    valid = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e12
    return value if valid else 0.0
