"""One job done in its folder, for the command line and for `serve` alike."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from engine import generate, protocol
from engine.errors import JobError
from engine.job import JobFolder
from engine.request import Request
from engine.version import VERSION

Tell = Callable[[dict[str, Any]], None]


def with_seed(request: Request, folder: JobFolder, overwrite: bool = False) -> Request:
    """The request with a seed where none was given: that of the folder's own job, so that it goes on, or a new one."""
    earlier = folder.request() if (folder.path / "job.json").is_file() and not overwrite else {}
    return replace(request, seed=earlier.get("seed", random.randrange(2**31)))


def is_done(request: Request, folder: JobFolder) -> bool:
    """Whether the folder holds the result of this very request."""
    return folder.finished and folder.holds(request.as_dict())


def work(
    request: Request,
    folder: JobFolder,
    tell: Tell,
    stop: Callable[[], int],
    device: torch.device | str,
    previews: tuple[str, ...] = ("image",),
    overwrite: bool = False,
) -> None:
    """Begins the job in its folder, or goes on with it there, to the result; every message is told and logged.

    Where settings were changed since `request`, they are the ones in force. Raises as `generate`, and JobError where the folder
    holds something else or can't be written.
    """
    folder.open(request.as_dict(), {"engine": VERSION, "protocol": protocol.VERSION}, overwrite)
    request = Request.checked(folder.request())

    def emit(message: dict[str, Any]) -> None:
        folder.log(message)
        tell(message)

    try:
        emit(protocol.started(request.as_dict()))
        generate.generate(request, folder, emit, stop, device, previews)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise JobError(
            f"Can't write to {folder.path} ({error.strerror or error}): make room or mend access, then run the same command "
            "to go on from the last checkpoint."
        ) from error
