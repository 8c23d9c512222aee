"""Objects written frame by frame, a frame at a time, so that Blender goes on in between."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..common.contract import track
from .geometry import Geometry, evaluated, with_children
from .materials import Materials

MAX_FRAMES = 2000


class CaptureError(Exception):
    """Why objects can't be captured, one sentence."""


@dataclass(frozen=True)
class Span:
    """Frames of a scene from `first` to `last`, both included, every `step`th."""

    first: int
    last: int
    step: int = 1

    @classmethod
    def of_scene(cls, scene: bpy.types.Scene) -> Span:
        """The range that plays."""
        if scene.use_preview_range:
            return cls(scene.frame_preview_start, scene.frame_preview_end)
        return cls(scene.frame_start, scene.frame_end)

    def numbers(self) -> range:
        return range(self.first, self.last + 1, self.step)


class Recording:
    """Writes what objects look like at each frame of a span into a new `folder`. Raises CaptureError where that can't be.

    The scene's frame is changed while it lasts: `finish` and `discard` put it back.
    """

    def __init__(self, context: bpy.types.Context, objects: list[bpy.types.Object], span: Span, folder: Path) -> None:
        self.span, self.folder, self._numbers = span, folder, list(span.numbers())
        if not 2 <= len(self._numbers) <= MAX_FRAMES:
            raise CaptureError(f"These are {len(self._numbers)} frames: choose from 2 to {MAX_FRAMES}.")
        if not objects:
            raise CaptureError("Select the objects to capture first.")
        self._scene, self._layer = context.scene, context.view_layer
        self._objects = with_children(objects)
        self._frame = context.scene.frame_current, context.scene.frame_subframe
        self._first: tuple[str, Geometry] | None = None
        self._empty: list[int] = []
        self.done, self.changes, self._before = 0, False, None
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        self._materials = Materials(folder)

    @property
    def total(self) -> int:
        return len(self._numbers)

    @property
    def finished(self) -> bool:
        return self.done == self.total

    def step(self) -> None:
        """Writes one frame. Raises CaptureError, with everything put back and removed, where it can't."""
        number = self._numbers[self.done]
        try:
            self._scene.frame_set(number)
            self._layer.update()
            geometry = evaluated(self._objects, self._layer.depsgraph, self._materials.number_of)
            self._write(number, geometry)
        except ReferenceError as error:
            self.discard()
            raise CaptureError("The objects were removed while they were captured: select others.") from error
        except OSError as error:
            self.discard()
            raise unwritable(self.folder, error) from error
        except (RuntimeError, MemoryError) as error:
            self.discard()
            raise CaptureError(f"Frame {number} can't be evaluated ({str(error).strip() or 'not enough memory'}).") from error
        self.done += 1

    def finish(self) -> list[str]:
        """Puts the scene back, and returns sentences on what is odd. Raises CaptureError, with everything removed, where
        nothing could be seen or nothing moves."""
        self._restore()
        seen = self.total - len(self._empty)
        if seen < 2 or not self.changes:
            self.discard()
            what = "show no surface: they may be hidden, or have no faces" if seen < 2 else "do not move in these frames"
            raise CaptureError(f"The objects {what}. Choose others, or another range.")
        try:
            self._materials.write()
        except OSError as error:
            self.discard()
            raise unwritable(self.folder, error) from error
        return self._materials.notes

    def discard(self) -> None:
        """Puts the scene back, and removes what was written."""
        self._restore()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, number: int, geometry: Geometry) -> None:
        name = track.frame_name(number)
        if len(geometry.counts) == 0:
            self._empty.append(number)
        if not np.isfinite(geometry.vertices).all():
            self.discard()
            raise CaptureError(f"Frame {number} has vertices that are not finite: mend what moves the objects there.")
        if self._before is not None and not (
            self._before.shape == geometry.vertices.shape and np.array_equal(self._before, geometry.vertices)
        ):
            self.changes = True
        self._before = geometry.vertices
        arrays = {"vertices": geometry.vertices}
        if self._first is not None and geometry.same_faces(self._first[1]):
            arrays["faces_of"] = np.array(self._first[0])
        else:
            self.changes |= self._first is not None
            self._first = name, geometry
            for key in ("corners", "counts", "uv", "colours", "material"):
                if getattr(geometry, key) is not None:
                    arrays[key] = getattr(geometry, key)
        np.savez(self.folder / name, **arrays)

    def _restore(self) -> None:
        try:
            self._scene.frame_set(self._frame[0], subframe=self._frame[1])
        except ReferenceError:
            # The scene is gone, and its frame with it.
            pass


def unwritable(folder: Path, error: OSError) -> CaptureError:
    """What to say where a folder can't be written to."""
    return CaptureError(f"Can't write to {folder} ({error.strerror or error}): make room or mend access.")
