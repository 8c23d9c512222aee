"""Where a sequence is and how large, so that its work can be done in unit size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.mesh.files.frame import Frame

# From so many of its own sizes away on, single precision loses more of a mesh than a renderer shows.
FAR = 1e3


@dataclass(frozen=True)
class Box:
    """Where a sequence is: its middle, float64 [3], and its diagonal, in the files' own units.

    All work is done about the middle and in shares of the diagonal, so that neither size nor place matters.
    """

    middle: np.ndarray
    size: float

    @classmethod
    def around(cls, frames: list[Frame]) -> Box:
        """The box of all frames."""
        low = np.min([frame.vertices.min(0) for frame in frames], axis=0)
        high = np.max([frame.vertices.max(0) for frame in frames], axis=0)
        return cls(low / 2 + high / 2, float(np.linalg.norm(high - low)))

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
        if not self.origin.any():
            return []
        place = ", ".join(f"{value:.10g}" for value in self.origin)
        return [f"The mesh is far from the origin: its middle, ({place}), is taken out and becomes the object's location."]
