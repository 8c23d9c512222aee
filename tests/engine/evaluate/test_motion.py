import numpy as np
import pytest

from engine.evaluate.motion import Motion, measure_motion, moves_as, profile, turn, volume_and_centroid
from engine.evaluate.triangle_soup import TriangleSoup
from engine.models.world.motions import MOTIONS
from engine.scene.frame_times import frame_times
from tests.engine.evaluate.solids import triangles


def test_volume_and_centroid_of_a_moved_ball():
    volume, centroid = volume_and_centroid(triangles("ball") + np.array([0.3, -0.2, 0.1]))
    assert volume == pytest.approx(4 / 3 * np.pi * 0.42**3, rel=0.03)
    assert centroid == pytest.approx([0.3, -0.2, 0.1], abs=0.01)


@pytest.mark.parametrize("shape", ["cube", "duck"])
def test_a_full_turn_is_measured_by_outline_alone(shape):
    soup = triangles(shape)
    rotations = MOTIONS["spinning"](frame_times(16))[1].numpy()
    profiles = [profile(TriangleSoup(soup @ rotation.T, np.ones((len(soup), 3))), np.zeros(3)) for rotation in rotations]
    assert turn(profiles) == pytest.approx(337.5, abs=15)
    assert turn([profiles[0]] * 16) == 0


def test_a_box_that_rises_and_doubles_its_side():
    box = triangles("cube")
    box -= (box.max((0, 1)) + box.min((0, 1))) / 2
    side = np.ptp(box.reshape(-1, 3), 0)
    grey = np.full((len(box), 3), 0.5)
    motion = measure_motion([TriangleSoup(box, grey), TriangleSoup(2 * box + [0.0, 0.0, 0.3], grey)])
    assert motion.growth == pytest.approx(8, rel=1e-3)
    # In units of the mean extent: one and a half sides.
    assert motion.travel[2] == pytest.approx(0.3 / (1.5 * side.mean()), rel=1e-3)
    assert motion.travel[:2] == pytest.approx((0, 0), abs=1e-4)


@pytest.mark.parametrize(
    ("name", "changes", "right"),
    [
        ("still", {}, True),
        ("still", {"turn": 120.0}, False),
        ("bouncing", {"travel": (0, 0, 0.5)}, True),
        ("bouncing", {"travel": (0, 0, 0.2)}, False),
        ("jumping", {"travel": (0.4, 0, 0.5)}, False),
        ("orbiting", {"travel": (0.5, 0.5, 0)}, True),
        ("orbiting", {"travel": (0.5, 0.1, 0)}, False),
        ("sliding", {"travel": (0.5, 0, 0)}, True),
        ("swinging", {"travel": (0.5, 0, 0.6)}, True),
        ("spinning", {"turn": -300.0}, True),
        ("spinning", {"turn": 200.0}, False),
        ("growing", {"growth": 1.8}, False),
        ("growing", {"growth": 2.5}, True),
    ],
)
def test_motions_need_their_size(name, changes, right):
    assert moves_as(name, Motion(**({"travel": (0.0, 0.0, 0.0), "growth": 1.2, "turn": 0.0} | changes))) == right
