"""What can go wrong for a reason that the user can mend: one sentence each, with what to do."""

from __future__ import annotations

import re
from pathlib import Path


def is_address(path: str | Path) -> bool:
    """Whether it is one of the net, such as https://example.com, with its slashes as a path has them."""
    return bool(re.match(r"[a-z][a-z0-9+.-]+:/", str(path), re.IGNORECASE))


def too_long(path: str | Path) -> str:
    """The sentence about a path that the file system does not take, with its longest name."""
    longest = max(Path(path).parts, key=len, default="")
    return f"The name {longest[:40]}… is too long for this file system: choose a shorter one."


class EngineError(Exception):
    """Its text is shown as it is, on a command line and in Blender: it names no option and no button. kind: a short name, by
    which whoever shows it adds such words."""

    kind = "engine"


class PromptError(EngineError):
    """A prompt that the models can't take. short: why in a few words, for a narrow panel while one types."""

    kind = "prompt"

    def __init__(self, sentence: str, short: str = "") -> None:
        super().__init__(sentence)
        self.short = short or sentence


class RequestError(EngineError):
    """A setting that can't be, or settings that do not go together."""

    kind = "request"


class BatchError(EngineError):
    """A list of requests that can't be read, or can't be worked on."""

    kind = "batch"


class ModelError(EngineError):
    kind = "model"


class NotFetchedError(ModelError):
    """A model of the hub that is not on this machine. source: its id."""

    kind = "fetch"

    def __init__(self, sentence: str, source: str) -> None:
        super().__init__(sentence)
        self.source = source


class JobError(EngineError):
    kind = "job"


class TakenError(JobError):
    """The folder holds something else."""

    kind = "taken"


class BusyError(JobError):
    """Another process works on the job."""

    kind = "busy"


class ElsewhereError(JobError):
    """The job is on another computer. source: that host."""

    kind = "elsewhere"

    def __init__(self, sentence: str, source: str) -> None:
        super().__init__(sentence)
        self.source = source


class WriteError(JobError):
    """The disk is full or closed; what was saved before is there."""

    kind = "write"


class DamagedError(JobError):
    """Files of the job can't be read, and nothing is left to go on from."""

    kind = "damaged"


class EmptySceneError(EngineError):
    kind = "empty"


class RenderError(EngineError):
    kind = "render"


class DivergedError(EngineError):
    """Numbers are no longer finite."""

    kind = "diverged"


class GateError(EngineError):
    """The scene shows that it can't come right; the checkpoint is kept."""

    kind = "gate"


class OutOfMemoryError(EngineError):
    kind = "memory"


class HostError(EngineError):
    """The engine on another computer can't be used until someone mends something."""

    kind = "host"


class UnreachableError(HostError):
    """There is no connection to the other computer now; trying again may help."""

    kind = "unreachable"


class TransferError(HostError):
    """A file did not get to the other computer, or from there."""

    kind = "transfer"


class RanksError(EngineError):
    """The processes that share a job can't go on together; the last checkpoint is kept."""

    kind = "ranks"


class Stopped(EngineError):
    """Work was asked to stop, and what a run had done is kept. asset: folder of what there was, if it could be made."""

    kind = "stopped"

    def __init__(self, message: str, asset: Path | None = None) -> None:
        super().__init__(message)
        self.asset = asset
