"""Armatures that others might have put into a mesh: bones at rest with weights for its vertices."""

from __future__ import annotations

import numpy as np

from engine.reference.given.bones import GivenBones
from tests.engine.reference.given.bone_tables import DOG, held_by
from tests.engine.reference.given.shapes import Shape, box_dog, subdivided


def rigged_dog(times: int = 1) -> tuple[Shape, GivenBones]:
    """The dog of boxes, cut `times` times, with 16 bones."""
    shape = subdivided(box_dog(), times)
    return shape, GivenBones(**held_by(shape[0], DOG), connected=np.zeros(len(DOG), bool))
