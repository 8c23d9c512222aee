import numpy as np
import pytest

from engine.evaluate.shape import ideal_solids, overlap, voxelise
from tests.engine.evaluate.solids import triangles


@pytest.mark.parametrize("shape", ["ball", "cube", "cone", "torus", "duck"])
def test_an_ideal_object_overlaps_its_ideal_and_others_less(shape):
    solid = voxelise(triangles(shape))
    assert overlap(solid, ideal_solids(shape, "still")) > 0.9
    other = "cone" if shape != "cone" else "cube"
    assert overlap(solid, ideal_solids(other, "still")) < 0.7


def test_a_stretched_box_is_still_a_cube_after_matching_boxes():
    stretched = triangles("cube") * np.array([1.0, 2.0, 0.5])
    assert overlap(voxelise(stretched), ideal_solids("cube", "still")) > 0.9
