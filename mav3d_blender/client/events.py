"""What a session reports, and how long it waits for the engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """kind: "job" (it changed), "preview", "result", "error", "engine" (its state changed) or "estimate". job: an id. path: of
    a preview or an asset; mesh: whether a preview is a mesh. message: a sentence to show, where there is one."""

    kind: str
    job: str = ""
    message: str = ""
    path: str = ""
    mesh: bool = False


@dataclass(frozen=True)
class Limits:
    """Seconds. acknowledge, cancel: until an engine that does not answer a cancel is interrupted, and killed. silence: until an
    engine that says nothing during a job is reported. idle: until an engine without a job is stopped. refresh: between reads of
    other Blenders' jobs."""

    acknowledge: float = 3.0
    cancel: float = 60.0
    silence: float = 600.0
    idle: float = 600.0
    refresh: float = 5.0


# Of an engine on another computer: its answers may have to wait for a connection, and a cancel is the relay's to carry out.
REMOTE_LIMITS = Limits(acknowledge=600.0, cancel=24 * 3600.0)
