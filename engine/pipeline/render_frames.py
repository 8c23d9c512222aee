"""Pictures of a scene from any camera at any time, to PNG files or a movie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch
from imageio.v2 import get_writer

from engine.contract.errors import RenderError
from engine.files import written_aside
from engine.finite import check_finite
from engine.scene.camera_path import Pose
from engine.scene.field import Field
from engine.scene.occupancy import Occupancy
from engine.scene.render import View
from engine.scene.viewer import RESOLUTION, Viewer

MOVIES = (".mp4", ".gif")


def render_frames(field: Field, path: list[Pose], size: int, samples: int, background: float) -> Iterator[np.ndarray]:
    """Each pose's picture, uint8 [size, size, 3]. background: a grey, sRGB in [0, 1]."""
    behind = torch.full((1, 3), background, device=field.device)
    viewer, occupancy, seen = Viewer.of(field), Occupancy(RESOLUTION), None
    for pose in path:
        moment = torch.tensor([pose.time], device=field.device)
        if viewer.body is None and seen != pose.time:
            occupancy.update(field, moment)
            seen = pose.time
        image = viewer.render(View(pose.cameras().to(field.device), moment, size, samples, behind), occupancy)[0][0, 0]
        check_finite(image, f"the picture at time {pose.time:g}")
        yield (image.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()


def check_output(output: Path, frames: int, overwrite: bool) -> None:
    """Raises RenderError if `frames` pictures can't go to `output`: a movie, one .png, or a folder of them."""
    suffix = output.suffix.lower()
    if suffix == ".png" and frames != 1:
        raise RenderError(f"{frames} frames don't fit in {output}: give a folder, or a name that ends in {', '.join(MOVIES)}.")
    if suffix not in (*MOVIES, ".png", ""):
        raise RenderError(f"{output} is no kind known here: give .png, {', '.join(MOVIES)}, or a folder without an ending.")
    taken = any(output.iterdir()) if output.is_dir() else output.exists()
    if taken and not overwrite:
        raise RenderError(f"{output} is there already: choose another --output, or add --overwrite.")


def write_frames(
    frames: Iterator[np.ndarray], output: Path, fps: int, on_frame: Callable[[int], None] = lambda number: None
) -> None:
    """Writes pictures to a movie, one .png, or a folder as 0001.png, …; `on_frame` takes the number of each."""

    def reported() -> Iterator[np.ndarray]:
        for number, frame in enumerate(frames, 1):
            yield frame
            on_frame(number)

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.suffix.lower() in MOVIES:
            _write_movie(reported(), output, fps)
            return
        if not output.suffix:
            output.mkdir(exist_ok=True)
        number = 0
        for number, frame in enumerate(reported(), 1):
            with written_aside(output if output.suffix else output / f"{number:04d}.png") as part:
                imageio.imwrite(part, frame, extension=output.suffix or ".png")
        if not output.suffix:
            _remove_later(output, number)
    except OSError as error:
        raise RenderError(f"Can't write to {output} ({error.strerror or error}): choose another --output.") from error


def _remove_later(folder: Path, last: int) -> None:
    """Removes the pictures of a longer render that was there before."""
    for path in folder.glob("[0-9][0-9][0-9][0-9].png"):
        if int(path.stem) > last:
            path.unlink()


def _write_movie(frames: Iterator[np.ndarray], output: Path, fps: int) -> None:
    """Written aside, then renamed, so that a stopped render leaves no half movie."""
    part = output.with_name(f".{output.stem}.part{output.suffix}")
    gif = output.suffix.lower() == ".gif"
    options = {"duration": 1000 / fps, "loop": 0} if gif else {"fps": fps, "codec": "libx264", "macro_block_size": 2}
    # The writer's own `with` leaves the encoder running, and writing, after an exception.
    with written_aside(output, part), closing(get_writer(part, **options)) as movie:
        for frame in frames:
            movie.append_data(frame)
