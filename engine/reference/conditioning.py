"""A job's picture: taken in with the request, kept in the job's folder, looked at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from engine.contract.prompt import parse_prompt
from engine.guidance.detect import BUILT_IN, kind_of
from engine.job.request import PICTURE, Request
from engine.models.source import locate
from engine.reference.estimate_pose import recognise
from engine.reference.image import Photo, read_photo
from engine.reference.view import ABOUT, Reference, Shot


def take_in(request: Request) -> tuple[Request, Photo | None]:
    """The request as its job keeps it, which names the folder's own copy of the picture; and the picture, where it is not there
    yet. Raises PhotoError where it can't be used."""
    if request.image is None or request.image_sha256 is not None:
        return request, None
    photo = read_photo(Path(request.image))
    return replace(request, image=PICTURE, image_sha256=photo.sha256), photo


def shot_of(photo: Photo, request: Request, device: torch.device | str = "cpu") -> Shot:
    """What the picture shows and from where, as far as the request's models tell; the prompt's own words come first.

    Models that take any text say nothing of it: the picture is then from the very front. Raises UnknownObjectError.
    """
    vocabulary, models = request.vocabulary(), request.models()
    if vocabulary is None or not models.image:
        return Shot()
    folder = locate(models.image)
    if kind_of(folder, "image") != BUILT_IN:
        return Shot()
    parsed = parse_prompt(request.prompt, vocabulary)
    return recognise(photo, folder, vocabulary, parsed.colour, parsed.object, device)


def keep(folder: Path, photo: Photo, shot: Shot | None) -> None:
    """Writes what is not in a job's folder yet."""
    if not (folder / PICTURE).exists():
        photo.save(folder / PICTURE)
    if shot is not None:
        shot.save(folder / ABOUT)


def load_reference(request: Request, folder: Path, device: torch.device | str = "cpu") -> Reference | None:
    """What the job in `folder` is held to; None where it has no picture. Raises PhotoError or DamagedError."""
    if request.image is None:
        return None
    return Reference.of(Photo.load(folder / PICTURE, request.image_sha256 or ""), Shot.load(folder / ABOUT), device)
