"""The judge on meshes whose truth is known."""

import numpy as np
import pytest
import torch

from engine.mesh.surface import surface
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS, frame_times
from engine.models.world.shapes import distance
from scripts.benchmark.judge import (
    Soup,
    Verdict,
    _overlap,
    _profile,
    _turn,
    _volume_and_centroid,
    ideal_solids,
    judge,
    matches,
    nearest_colour,
    voxelise,
)
from tests.scripts.world_blend import save_world


def triangles(shape: str) -> np.ndarray:
    """The ideal object as a triangle soup, [T, 3, 3]."""
    axis = torch.linspace(-1, 1, 64)
    inside = -distance(shape, torch.cartesian_prod(axis, axis, axis)).view(64, 64, 64).numpy()
    mesh = surface(np.log(2) / 0.25 * np.exp(np.clip(20 * inside, -8, 4)), 0.25)
    return mesh.vertices[mesh.triangles]


@pytest.mark.parametrize("shape", ["ball", "cube", "cone", "torus", "duck"])
def test_an_ideal_object_overlaps_its_ideal_and_others_less(shape):
    solid = voxelise(triangles(shape))
    assert _overlap(solid, ideal_solids(shape, "still")) > 0.9
    other = "cone" if shape != "cone" else "cube"
    assert _overlap(solid, ideal_solids(other, "still")) < 0.7


def test_a_stretched_box_is_still_a_cube_after_matching_boxes():
    stretched = triangles("cube") * np.array([1.0, 2.0, 0.5])
    assert _overlap(voxelise(stretched), ideal_solids("cube", "still")) > 0.9


def test_volume_and_centroid_of_a_moved_ball():
    volume, centroid = _volume_and_centroid(triangles("ball") + np.array([0.3, -0.2, 0.1]))
    assert volume == pytest.approx(4 / 3 * np.pi * 0.42**3, rel=0.03)
    assert centroid == pytest.approx([0.3, -0.2, 0.1], abs=0.01)


@pytest.mark.parametrize("shape", ["cube", "duck"])
def test_a_full_turn_is_measured_by_outline_alone(shape):
    soup = triangles(shape)
    rotations = MOTIONS["spinning"](frame_times(16))[1].numpy()
    profiles = [_profile(Soup(soup @ rotation.T, np.ones((len(soup), 3))), np.zeros(3)) for rotation in rotations]
    assert _turn(profiles) == pytest.approx(337.5, abs=15)
    assert _turn([profiles[0]] * 16) == 0


@pytest.mark.parametrize(
    "words",
    ["red ball spinning", "blue cylinder spinning", "white car spinning", "green ball still", "cyan cube swinging",
     "purple mushroom jumping", "orange fish orbiting", "yellow duck sliding", "red cone growing", "white torus bouncing"],
)  # fmt: skip
def test_what_the_world_itself_leaves_is_right(words, tmp_path):
    colour, shape, motion = words.split()
    verdict = judge(save_world(tmp_path, colour, shape, motion), shape, motion)
    assert matches(verdict, colour, motion) == {"colour": True, "shape": True, "motion": True}, verdict


def test_what_stands_still_does_not_spin(tmp_path):
    verdict = judge(save_world(tmp_path, "red", "ball", "still"), "ball", "spinning")
    assert not matches(verdict, "red", "spinning")["motion"], verdict


def test_colours_are_told_apart_in_light_and_shade():
    for name, colour in COLOURS.items():
        shades = np.array(colour) * np.linspace(0.4, 1, 50)[:, None]
        assert nearest_colour(shades) == name


def test_motions_need_their_size():
    def verdict(**changes):
        return Verdict(**({"colour": "red", "shape_overlap": 0.8, "travel": (0.0, 0.0, 0.0), "growth": 1.2, "turn": 0.0,
                           "frames": 16, "triangles": 10} | changes))  # fmt: skip

    assert matches(verdict(), "red", "still")["motion"]
    assert matches(verdict(travel=(0, 0, 0.5)), "red", "bouncing")["motion"]
    assert not matches(verdict(travel=(0, 0, 0.2)), "red", "bouncing")["motion"]
    assert matches(verdict(travel=(0.5, 0.5, 0)), "red", "orbiting")["motion"]
    assert not matches(verdict(travel=(0.5, 0.1, 0)), "red", "orbiting")["motion"]
    assert matches(verdict(turn=-300.0), "red", "spinning")["motion"]
    assert not matches(verdict(growth=1.8), "red", "growing")["motion"]
    assert not matches(verdict(colour="orange"), "red", "still")["colour"]
