"""What can go wrong for a reason the user can mend: one sentence each, with what to do."""

from __future__ import annotations


class EngineError(Exception):
    """Its text is shown as it is. kind: a short name for programs."""

    kind = "engine"


class PromptError(EngineError):
    kind = "prompt"


class ModelError(EngineError):
    kind = "model"


class JobError(EngineError):
    kind = "job"


class EmptySceneError(EngineError):
    kind = "empty"


class RenderError(EngineError):
    kind = "render"


class DivergedError(EngineError):
    """Numbers are no longer finite."""

    kind = "diverged"


class OutOfMemoryError(EngineError):
    kind = "memory"
