"""Walks over solids whose motion is known; each frame is meshed on its own."""

import numpy as np
import pytest

from engine.mesh.surface import Mesh
from engine.mesh.track.graph import Pose, between, surface_graph
from engine.mesh.track.propagate import Surfaces, Tracker, propagate, refine, score, surfaces, unevenness
from engine.mesh.track.report import Report, measure
from scripts.benchmark import sequences
from scripts.benchmark.sequences import Motion

VERTICES, NODES, REFERENCE = 500, 80, 1


def walked(motion: Motion, **options) -> tuple[np.ndarray, Report]:
    """positions [frames, vertices, 3] in the motion's own size, and their errors."""
    meshes = motion.meshes(VERTICES)
    size = box_diagonal(meshes)
    unit, frames = unit_surfaces(motion)
    tracker = Tracker(unit[REFERENCE], motion.colours(meshes)[REFERENCE], NODES)
    poses = propagate(tracker, frames, REFERENCE, **options).poses
    positions = np.stack([tracker.positions(pose) for pose in poses]) * size
    return positions, measure(positions, tracker.mesh.triangles, meshes, REFERENCE)


def unit_surfaces(motion: Motion) -> tuple[list[Mesh], list[Surfaces]]:
    """Every frame's mesh in box diagonals, and its samples."""
    meshes = motion.meshes(VERTICES)
    unit = [Mesh(mesh.vertices / box_diagonal(meshes), mesh.triangles) for mesh in meshes]
    return unit, surfaces(unit, motion.colours(meshes))


def box_diagonal(meshes: list[Mesh]) -> float:
    return float(np.linalg.norm(np.ptp(np.concatenate([mesh.vertices for mesh in meshes]), axis=0)))


@pytest.mark.parametrize("frame", [1, 3])
@pytest.mark.parametrize(
    "name",
    ["sliding_torus", "turning_cube", "growing_ball", "bending_capsule", "waving_flag", "folding_arm", "walking_figure"],
)
def test_a_motion_carries_its_surface_onto_its_surface(name, frame):
    motion = getattr(sequences, name)(4)
    start = motion.meshes(VERTICES)[0].vertices
    # Marching cubes cut corners, and a joint hides a little of each of its bones.
    off = np.abs(motion.solid(motion.carry(start, 0, frame), frame))
    assert np.mean(off) < 0.006 and np.median(off) < 0.003
    assert motion.carry(start, 0, 0) == pytest.approx(start, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "frames", "path"),
    [
        # Nothing on a straight, round rod tells how much of it slides into the bend.
        ("bending_capsule", 3, 1.4),
        ("waving_flag", 4, 1.4),
        ("folding_arm", 4, 1.5),
        ("walking_figure", 4, 2),
    ],
)
def test_a_known_motion_is_followed(name, frames, path):
    motion = getattr(sequences, name)(frames)
    positions, report = walked(motion)
    assert motion.path_error(positions, REFERENCE) < path
    # A mesh that stays where it is would be more than twice as far from its path.
    assert motion.path_error(np.repeat(positions[REFERENCE][None], frames, 0), REFERENCE) > 2 * path
    assert report.distance < 0.5 and report.folds < 1 and report.objection() is None


def test_triangles_of_a_ball_that_doubles_stay_as_even_as_they_were():
    motion = sequences.growing_ball(3)
    positions, _ = walked(motion)
    triangles = motion.meshes(VERTICES)[REFERENCE].triangles
    lengths = [surface_graph(Mesh(place, triangles)).data for place in positions]
    for frame in (0, 2):
        growth = lengths[frame] / lengths[REFERENCE]
        assert np.median(growth) == pytest.approx(2 ** ((frame - REFERENCE) / 2), rel=0.02)
        assert growth.std() / growth.mean() < 0.06


def test_small_motions_are_found_by_closest_points_alone():
    shifts = np.array([[0, 0, 0], [0.02, 0, 0], [0.04, 0.01, 0]])
    half = np.array([0.5, 0.4, 0.3])
    motion = sequences.warped(3, 0.8, lambda p: sequences.box(p, half), lambda p, f: p + shifts[f], lambda p, f: p - shifts[f])
    report_frame = []
    positions, report = walked(motion, nearby=True, report=report_frame.append)
    assert motion.path_error(positions, REFERENCE) < 0.5 and report.distance < 0.3
    assert report_frame == [1, 2]


def test_a_score_is_distance_and_what_it_costs_to_get_there():
    mesh = sequences.sliding_torus(1).meshes(300)[0]
    tracker = Tracker(mesh, None, 12)
    (frame,) = surfaces([mesh], [None])
    still = Pose.rest(12)
    on_it = score(tracker, still, frame, 0.0, 0.0)
    # Some of the torus' samples lie between its vertices.
    assert 0 < on_it < 0.1
    assert score(tracker, still, frame, 0.25, 0.0) == pytest.approx(on_it + 0.02 * 0.5)
    assert score(tracker, still, frame, 0.0, 0.5) == pytest.approx(on_it + 0.03 * 0.5)
    ahead = Pose(still.rotation, still.log_scale, np.tile([0.3, 0, 0.4], (12, 1)))
    assert score(tracker, ahead, frame, 0.0, 0.0) > on_it + 0.1
    # From (.3, 0, .4) back to rest and no further: half a unit of speed is lost.
    assert unevenness(ahead, still, still) == pytest.approx(0.5)
    assert unevenness(ahead, between(ahead, still), still) == pytest.approx(0)


@pytest.mark.parametrize("lost", [1, 3])
def test_a_lost_frame_is_found_from_the_frames_on_both_sides_or_from_the_other_end(lost):
    motion = sequences.folding_arm(4)
    meshes, frames = unit_surfaces(motion)
    tracker = Tracker(meshes[0], None, NODES)
    poses = propagate(tracker, frames, 0).poses
    good = tracker.positions(poses[lost])
    poses[lost] = Pose(poses[lost].rotation, poses[lost].log_scale, poses[lost].shift + [0.3, 0.1, 0])
    found = refine(tracker, frames, 0, poses)
    assert np.linalg.norm(tracker.positions(found[lost]) - good, axis=1).mean() < 0.01
    assert found[0] is poses[0]
