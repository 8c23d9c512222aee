"""The camera that took a reference image, and what it shows."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.contract.errors import DamagedError
from engine.files import write_text
from engine.reference.image import FILL

# How large an object is taken to be where no model says so: its longer side, metres.
LENGTH = 1.0


@dataclass(frozen=True)
class ReferenceCamera:
    """How a picture was taken and of what. azimuth, elevation: of the camera, radians. width: metres at the origin that the
    picture's side spans. right, up: metres from the origin to the picture's middle, seen from the camera. colour, name: of the
    object in the models' own words, empty where they take any text. overlap: of the outline with the one the model would draw,
    0 to 1."""

    azimuth: float = 0.0
    elevation: float = 0.0
    width: float = LENGTH / FILL
    right: float = 0.0
    up: float = 0.0
    colour: str = ""
    name: str = ""
    overlap: float = 0.0

    def save(self, path: Path) -> None:
        """Writes JSON aside, then renames it. Raises OSError."""
        values = asdict(self)
        # The key that jobs have had from the first.
        values["shape"] = values.pop("name")
        write_text(path, json.dumps(values, indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> ReferenceCamera:
        """Raises DamagedError where the file is none that `save` wrote."""
        try:
            values = json.loads(path.read_text("utf-8"))
            camera = cls(**{("name" if key == "shape" else key): value for key, value in values.items()})
            numbers = (camera.azimuth, camera.elevation, camera.width, camera.right, camera.up)
            if not all(isinstance(value, float) and math.isfinite(value) for value in numbers) or camera.width <= 0:
                raise ValueError("not finite numbers")
            return camera
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise DamagedError(f"{path} is damaged ({error}): begin the job anew.") from error
