"""One job of the engine: its request, its state and its progress. No bpy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

STATES = ("QUEUED", "RUNNING", "CANCELLING", "CANCELLED", "INTERRUPTED", "FAILED", "DONE")
ACTIVE = ("QUEUED", "RUNNING", "CANCELLING")
# What the engine's stages and what comes after them are called in the panel.
STAGES = {
    "static": "Shape", "dynamic": "Motion", "super_resolution": "Detail", "mesh": "Mesh", "track": "Tracking",
    "texture": "Texture", "preview": "Preview", "read": "Reading",
}  # fmt: skip
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class JobError(Exception):
    """Why an action on a job is not possible, in one sentence."""


@dataclass(frozen=True)
class Job:
    """folder: the engine's job folder. request: as the engine takes it, with the seed once it is known. created: ISO 8601.
    stage, step, steps: the progress; eta_s: seconds left for the whole job. image, mesh: paths of the newest previews. asset:
    path of the result. message, advice: sentences for people. target: where the result goes in Blender, plain JSON values.
    imported: whether it is in the scene. changes: settings that a resumed job changes. host: the computer that has the job's
    folder, "" for this one; left: whether it may go on there while nobody here follows it."""

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
    host: str = ""
    left: bool = False

    @property
    def active(self) -> bool:
        """Whether the job has not ended."""
        return self.state in ACTIVE

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do with it: it is placed, has failed or was stopped."""
        return self.state in ("CANCELLED", "FAILED") or (self.state == "DONE" and self.imported)

    @property
    def tracks(self) -> bool:
        """Whether it makes one mesh of given ones, and not an object of a prompt."""
        return "meshes" in self.request

    @property
    def title(self) -> str:
        """What the job is called in lists."""
        return str(self.request.get("name" if self.tracks else "prompt", ""))

    @property
    def begun(self) -> bool:
        """Whether the engine has written its job folder, so that the job can be resumed."""
        return (Path(self.folder) / "job.json").is_file()


def job_from_dict(values: Any, name: str) -> Job:
    """The job of the id `name` from the values of its JSON file. Raises ValueError or TypeError where they are no job."""
    if not isinstance(values, dict) or not _ID.fullmatch(name) or values.get("id") != name:
        raise ValueError("it is no job")
    kinds = {"str": str, "int": int, "float": int | float, "bool": bool, "dict[str, Any]": dict}
    known = {each.name: kinds[each.type] for each in fields(Job)}
    wrong = [key for key, value in values.items() if key in known and not isinstance(value, known[key])]
    if wrong or values.get("state") not in STATES:
        raise ValueError(f"{', '.join(wrong) or 'its state'} is not what it should be")
    return Job(**{key: value for key, value in values.items() if key in known})
