"""Where a sequence is and how large, so that its work can be done in unit size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.mesh.files.frame import Frame

# From so many of its own sizes away on, single precision loses more of a mesh than a renderer shows.
FAR = 1e3
# A way of so many of its own sizes costs a mesh more than a ten-thousandth of its shape wherever the origin is.
FARTHEST = 1e4


@dataclass(frozen=True)
class Box:
    """Where a sequence is: its middle, float64 [3], its diagonal, and that of its smallest mesh, in the files' own units.

    All work is done about the middle and in shares of the diagonal, so that neither size nor place matters.
    """

    middle: np.ndarray
    size: float
    smallest: float

    @classmethod
    def around(cls, frames: list[Frame]) -> Box:
        """The box of all frames."""
        low = np.min([frame.vertices.min(0) for frame in frames], axis=0)
        high = np.max([frame.vertices.max(0) for frame in frames], axis=0)
        return cls(low / 2 + high / 2, float(np.linalg.norm(high - low)), min(frame.size for frame in frames))

    @property
    def origin(self) -> np.ndarray:
        """What is taken out of the mesh and becomes the object's location: its middle where it is so far off that single
        precision would lose its shape, else nothing; float64 [3]."""
        return self.middle if np.abs(self.middle).max() > FAR * self.size else np.zeros(3)

    def to_unit(self, vertices: np.ndarray) -> np.ndarray:
        """Of the files' coordinates, float64 [..., 3]."""
        return (vertices - self.middle) / self.size

    def from_unit(self, positions: np.ndarray) -> np.ndarray:
        """The files' coordinates about `origin`, float32 [..., 3]."""
        return (positions.astype(np.float64) * self.size + (self.middle - self.origin)).astype(np.float32)

    def notes(self) -> list[str]:
        """What is to be said of it."""
        notes = []
        if self.origin.any():
            place = ", ".join(f"{value:.10g}" for value in self.origin)
            notes.append(
                f"The mesh is far from the origin: its middle, ({place}), is taken out and becomes the object's location."
            )
        if self.size > FARTHEST * self.smallest:
            times = f"{self.size / self.smallest:.0g}"
            notes.append(
                f"The mesh moves, or grows, {times} times as far as it is large, and single precision loses its shape there: "
                "leave that part of the motion out, and give it to an object that carries the mesh."
            )
        return notes
