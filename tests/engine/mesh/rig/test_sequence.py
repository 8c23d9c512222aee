"""Sequences of known bodies to rigs, and what is said of odd ones."""

import numpy as np
import pytest

from engine.mesh.rig.picture import rig_picture
from engine.mesh.rig.report import measure, torn_frames
from engine.mesh.rig.rig import RigError
from engine.mesh.rig.sequence import rig_sequence
from scripts.benchmark.characters import bird
from tests.engine.mesh.rig.bodies import FRAMES, bar, folding_bar

REST, TRIANGLES = bar()


@pytest.fixture(scope="module")
def flapping():
    """A bird of 7 parts that flaps and bobs."""
    return bird(8).sequence(0.07)


@pytest.fixture(scope="module")
def rigged(flapping):
    return rig_sequence(*flapping)


def test_a_bird_gets_wings_of_two_bones_that_hang_on_its_body(rigged, flapping):
    rig = rigged.rig
    assert rigged.report.mean.mean() < 0.2 and rigged.notes == [] and rigged.report.corrected == []
    parent = {name: rig.names[p] for name, p in zip(rig.names, rig.parents, strict=True)}
    for side, sign in (("L", 1), ("R", -1)):
        assert parent[f"limb.{side}.1"] == "root" and parent[f"limb.{side}.2"] == f"limb.{side}.1"
        joint = rig.rest_head[rig.names.index(f"limb.{side}.2")] + rig.root[0, :3] * [1, 1, 0]
        # The known joint: half a metre out along X.
        assert np.linalg.norm(joint[:2] - [0.55 * sign, 0]) < 0.12
    np.testing.assert_array_equal(rigged.vertices, rig.vertices(rigged.rest))


def test_the_whole_body_s_motion_is_the_root_s(rigged):
    """The bird bobs by 0.08 both ways."""
    assert np.ptp(rigged.rig.root[:, 2]) == pytest.approx(0.16, abs=0.05)
    assert np.ptp(rigged.rig.root[:, 3:], axis=0).max() < 1e-5


def test_asked_for_fewer_bones_there_are_fewer(flapping):
    few = rig_sequence(*flapping, bones=3)
    assert len(few.rig.names) == 3 and few.report.bones == 3


def test_joints_that_only_turn_never_come_apart(flapping):
    rig = rig_sequence(*flapping, turn_only=True).rig
    for bone, parent in enumerate(rig.parents[1:], 1):
        head = np.append(rig.rest_head[bone], 1)
        np.testing.assert_allclose(rig.pose[:, bone] @ head, rig.pose[:, parent] @ head, atol=1e-5)


def test_the_picture_has_a_row_of_frames_a_side(rigged):
    assert rig_picture(rigged, 64, 4).shape == (2 * (64 + 14), 4 * 64, 3)


@pytest.mark.parametrize("moves", [0, 1])
def test_what_moves_as_one_body_has_one_bone_and_that_is_said(moves):
    vertices = REST + moves * np.linspace(0, 1, FRAMES)[:, None, None] * [0, 1, 1]
    found = rig_sequence(vertices, TRIANGLES)
    assert found.rig.names == ["root"] and "no motion beyond" in found.notes[0]
    np.testing.assert_allclose(found.vertices, vertices, atol=1e-5)
    assert np.ptp(found.rig.root[:, 1]) == pytest.approx(moves, abs=1e-5)


def test_one_frame_is_enough():
    assert rig_sequence(REST[None], TRIANGLES).rig.pose.shape == (1, 1, 4, 4)


def test_a_frame_that_tears_is_kept_and_told_of():
    vertices, triangles, _ = folding_bar()
    vertices[5, 20] += [3, 0, 0]
    found = rig_sequence(vertices, triangles)
    assert found.notes[0].startswith("The mesh tears in frame 6:") and found.report.corrected == [5]
    np.testing.assert_allclose(found.vertices[5], vertices[5], atol=1e-5)
    assert found.report.mean[[0, 1, 2, 3, 4, 6, 7]].max() < 0.2


def test_a_mesh_that_tears_all_over_is_refused():
    vertices = np.tile(REST, (6, 1, 1))
    vertices[::2] = vertices[::2][:, np.random.default_rng(0).permutation(len(REST))]
    vertices[1] = vertices[1][np.random.default_rng(1).permutation(len(REST))]
    with pytest.raises(RigError, match="tears in . of 6 frames"):
        rig_sequence(vertices, TRIANGLES)


def test_two_things_apart_each_have_a_bone():
    """One slides along X, one along Y."""
    steps = np.linspace(0, 1, FRAMES)[:, None, None]
    vertices = np.concatenate([REST + steps * [1, 0, 0], REST + [5, 0, 0] + steps * [0, 1, 0]], 1)
    found = rig_sequence(vertices, np.concatenate([TRIANGLES, TRIANGLES + len(REST)]))
    assert len(found.rig.names) == 2 and found.report.mean.max() < 0.01


@pytest.mark.parametrize(
    ("vertices", "said"),
    [
        (np.zeros((2, 3, 3)), "3 vertices"),
        (np.full((2, len(REST), 3), np.nan), "not finite"),
        (REST * np.array([1, 0, 1])[:, None, None], "a single point in frame 2"),
    ],
)
def test_what_can_have_no_bones_is_one_sentence(vertices, said):
    with pytest.raises(RigError, match=said):
        rig_sequence(vertices, TRIANGLES)


def test_the_report_is_in_per_cent_of_the_diagonal():
    vertices = np.tile(REST, (2, 1, 1))
    size = np.sqrt(0.2**2 + 0.2**2 + 2**2)
    moved = vertices + [[[0, 0, 0]], [[0, 0, 0.03 * size]]]
    found = measure(moved, vertices, TRIANGLES, 1)
    np.testing.assert_allclose(found.mean, [0, 3], atol=1e-9)
    assert found.corrected == [1] and found.stretch == pytest.approx(1)
    assert found.as_dict()["corrected"] == [2] and found.as_dict()["largest"] == pytest.approx(3)


def test_a_torn_frame_is_corrected_however_little_of_it_is_torn():
    assert measure(REST[None], REST[None], TRIANGLES, 1, [0]).corrected == [0]


def test_edges_twice_as_long_are_a_stretch_of_two():
    assert measure(2 * REST[None], REST[None], TRIANGLES, 1).stretch == pytest.approx(2)


def test_growth_is_no_tear():
    assert torn_frames(REST * 1.3 ** np.arange(6)[:, None, None], TRIANGLES) == []
