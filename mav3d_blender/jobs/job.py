"""One thing that was asked of the engine, and how far it is. No bpy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

STATES = ("QUEUED", "RUNNING", "CANCELLING", "CANCELLED", "INTERRUPTED", "FAILED", "DONE")
ACTIVE = ("QUEUED", "RUNNING", "CANCELLING")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class JobError(Exception):
    """Why something can't be done with a job, in one sentence."""


@dataclass(frozen=True)
class Job:
    """folder: the engine's. request: what was asked for, with the seed once it is known. created: ISO 8601. step of steps in
    stage; eta_s: seconds left. image, mesh: paths of the newest previews. asset: path of the result. target: where that is to
    go, plain values. imported: whether it went there. changes: settings that a resumed job is to change."""

    id: str
    folder: str
    request: dict[str, Any]
    state: str = "QUEUED"
    created: str = ""
    stage: str = ""
    step: int = 0
    steps: int = 0
    eta_s: float = 0.0
    image: str = ""
    mesh: str = ""
    asset: str = ""
    message: str = ""
    advice: str = ""
    target: dict[str, Any] = field(default_factory=dict)
    imported: bool = False
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def begun(self) -> bool:
        """Whether the engine has made something of it that it can go on with."""
        return (Path(self.folder) / "job.json").is_file()


def checked(values: Any, name: str) -> Job:
    """A job from plain values. Raises ValueError or TypeError where they are none."""
    if not isinstance(values, dict) or not _ID.fullmatch(name) or values.get("id") != name:
        raise ValueError("it is no job")
    kinds = {"str": str, "int": int, "float": int | float, "bool": bool, "dict[str, Any]": dict}
    known = {each.name: kinds[each.type] for each in fields(Job)}
    wrong = [key for key, value in values.items() if key in known and not isinstance(value, known[key])]
    if wrong or values.get("state") not in STATES:
        raise ValueError(f"{', '.join(wrong) or 'its state'} is not what it should be")
    return Job(**{key: value for key, value in values.items() if key in known})
