"""What a message of the engine makes of a job. Nothing in a message is trusted to be of the right kind."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ..jobs.store import Job

LONGEST_SENTENCE = 2000
GOES_ON = "Resume goes on from the last checkpoint."
# Which buttons help, by the kind of an error; the engine's own sentences name none.
ADVICE = {
    "write": GOES_ON,
    "memory": f"{GOES_ON} A lower quality takes less.",
    "diverged": "Change the seed and press Generate.",
    "empty": "Change the seed or the quality and press Generate.",
    "damaged": "Retry begins it anew.",
    "taken": "Retry begins it anew, in a folder of its own.",
    "busy": "Then press Resume.",
    "fetch": "Fetch Models, under Models, gets it.",
    "device": "Choose another device in the preferences of MAV3D.",
}


def applied(job: Job, message: dict[str, Any]) -> Job:
    """The job after a message about it; itself where the message says nothing of use."""
    kind = message["type"]
    running = "CANCELLING" if job.state == "CANCELLING" else "RUNNING"
    if kind == "started":
        # Settings as the engine has them now, the seed among them.
        before = job.request | job.changes | {"seed": 0}
        now = {name: message[name] for name, value in before.items() if type(message.get(name)) is type(value)}
        return replace(job, state=running, request=job.request | now, changes={})
    if kind == "progress":
        step, steps = number(message.get("step")), number(message.get("steps"))
        seconds = max(0.0, number(message.get("eta_s")))
        return replace(
            job, state=running, stage=text(message.get("stage")), step=int(step), steps=int(steps), eta_s=float(seconds)
        )
    if kind == "preview" and message.get("kind") in ("image", "mesh") and path(message):
        return replace(job, **{message["kind"]: path(message)})
    if kind == "cancelling":
        return replace(job, state="CANCELLING")
    if kind == "result":
        # Its advice is all there is to say of it.
        return replace(job, state="DONE", asset=path(message), message=text(message.get("advice")), advice="", eta_s=0.0)
    if kind == "cancelled":
        # Where nobody here asked for it, the engine leaves for a reason of its own.
        state = "CANCELLED" if job.state == "CANCELLING" else "INTERRUPTED"
        asset, said = path(message) or job.asset, text(message.get("message"))
        return replace(job, state=state, asset=asset, message=said, advice=GOES_ON if job.begun else "", eta_s=0.0)
    if kind == "error":
        if message.get("kind") == "protocol" and job.state == "CANCELLING":
            return replace(job, state="CANCELLED", message=GOES_ON, eta_s=0.0)
        said = text(message.get("message")) or "The engine failed."
        return replace(job, state="FAILED", message=said, advice=advice(message), eta_s=0.0)
    return job


def sentence(message: dict[str, Any]) -> str:
    """An error in words, with what to do about it."""
    return f"{text(message.get('message')) or 'The engine failed.'} {advice(message)}".strip()


def advice(message: dict[str, Any]) -> str:
    """What to do about an error: the engine's own advice, or which button helps."""
    kind = message.get("kind")
    return text(message.get("advice")) or (ADVICE.get(kind, "") if isinstance(kind, str) else "")


def estimate(message: dict[str, Any]) -> str:
    """An estimate in words: "About 1 min 40 s and 900 MB of memory"."""
    parts = message.get("seconds")
    values = parts.values() if isinstance(parts, dict) else [parts]
    total = sum(max(0.0, number(value)) for value in values)
    memory = number(message.get("memory_mb"))
    return f"About {duration(total)}" + (f" and {memory:.0f} MB of memory" if memory > 0 else "")


def duration(seconds: float) -> str:
    """Seconds in words: "40 s", "2 min 10 s", "1 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def path(message: dict[str, Any]) -> str:
    """The message's path, if it has one."""
    value = message.get("path")
    return value if isinstance(value, str) else ""


def text(value: Any) -> str:
    """The value if it is text, cut to a sentence's length, else nothing."""
    return value[:LONGEST_SENTENCE] if isinstance(value, str) else ""


def number(value: Any) -> float:
    """The value if it is a finite number within reason, else 0."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e12
    return value if good else 0.0
