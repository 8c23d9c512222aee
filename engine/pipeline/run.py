"""One job done in its folder, for the command line and for `serve` alike."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from engine.contract import protocol
from engine.contract.errors import WriteError
from engine.contract.version import VERSION
from engine.job.folder import JobFolder
from engine.job.request import Request
from engine.models.source import told
from engine.pipeline import train as generate
from engine.reference.conditioning import keep, shot_of
from engine.reference.image import Photo
from engine.reference.view import ABOUT

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
    photo: Photo | None = None,
) -> None:
    """Begins the job in its folder, or goes on with it there, to the result; every message is told and logged.

    Where settings were changed since `request`, they are the ones in force. The folder should be `held`. photo: the request's,
    as `take_in` gave it. Raises as `generate` and `shot_of`, and JobError where the folder holds something else or can't be
    written.
    """
    known = (folder.path / ABOUT).exists() and not overwrite
    # Models and a picture that can't be used leave nothing behind.
    generate.check_teachers(request)
    shot = None if photo is None or known else shot_of(photo, request, device)
    about = {"engine": VERSION, "protocol": protocol.VERSION, "models": told(request.models())}
    folder.open(request.as_dict(), about, overwrite)
    request = Request.checked(folder.request())

    def emit(message: dict[str, Any]) -> None:
        folder.log(message)
        tell(message)

    try:
        if photo is not None:
            keep(folder.path, photo, shot)
        emit(protocol.started(request.as_dict()))
        generate.generate(request, folder, emit, stop, device, previews)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WriteError(
            f"Can't write to {folder.path} ({error.strerror or error}): make room or mend access, then go on from the last "
            "checkpoint."
        ) from error
