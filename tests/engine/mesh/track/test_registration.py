import numpy as np
import pytest

from engine.mesh.track.graph import Graph, Pose
from engine.mesh.track.propagate import Tracker
from engine.mesh.track.registration import RegistrationParams, Template, icp, pairs, transport, two_way
from engine.mesh.track.sample import Samples, sample
from scripts.benchmark.sequences import box, meshed

UP, DOWN = np.array([[0, 0, 1.0]]), np.array([[0, 0, -1.0]])


def at(points: np.ndarray, normals: np.ndarray = UP) -> Samples:
    points = np.asarray(points, float)
    return Samples(points, np.broadcast_to(normals, points.shape), None, np.arange(len(points)))


def one_vertex() -> Template:
    """At the origin, facing up, carried by the first of two nodes."""
    graph = Graph(np.array([[0, 0, 0], [1.0, 0, 0]]), np.array([[0, 1]]), np.zeros((1, 4), int), np.array([[1.0, 0, 0, 0]]))
    return Template(graph, at([[0, 0, 0]]), np.ones(1))


@pytest.fixture(scope="module")
def brick() -> Tracker:
    """About a tenth of the size that a whole sequence has."""
    return Tracker(meshed(lambda p: box(p, np.array([0.3, 0.2, 0.1])), 0, 0.45, 0.05), None, 30)


def brick_samples(tracker: Tracker, shift: np.ndarray) -> Samples:
    found = sample(tracker.mesh, None, 1200, 3)
    return Samples(found.points + shift, found.normals, None, found.triangles)


def test_a_pair_pulls_along_the_normal_and_a_tenth_of_that_anywhere():
    template = one_vertex()
    data = pairs(template, template.samples, at([[0.03, 0, 0.04]]), 0.1)
    # Half from each way, less for being half as far as a pair may be.
    weight = 1 - 0.5**2
    assert data.metric[0] == pytest.approx(weight * np.diag([0.1, 0.1, 1.1]))
    assert data.pull[0] == pytest.approx(weight * np.array([0.1 * 0.03, 0, 1.1 * 0.04]))


@pytest.mark.parametrize("target", [at([[0, 0, 0.04]], DOWN), at([[0, 0, 0.11]])], ids=["faces away", "too far"])
def test_what_faces_away_or_is_too_far_pulls_nothing(target):
    template = one_vertex()
    data = pairs(template, template.samples, target, 0.1)
    assert not data.metric.any() and not data.pull.any()


def test_of_two_places_the_one_that_faces_the_same_way_is_closest():
    template = one_vertex()
    both = at([[0, 0, -0.02], [0, 0, 0.03]], np.concatenate([DOWN, UP]))
    assert pairs(template, template.samples, both, 0.1).pull[0, 2] > 0


def test_distances_go_both_ways():
    here, there = at([[0, 0, 0], [0, 0, 1]]), at([[0, 0, 0]])
    # Here to there 0 and 1, of which the second counts three times; back 0.
    mean, square = two_way(here, there, np.array([0.25, 0.75]))
    assert mean == pytest.approx(0.75 / 2) and square == pytest.approx(np.sqrt(0.75 / 2))


def test_transport_reaches_what_closest_points_do_not(brick):
    shift = np.array([0.15, 0.2, 0.1])
    target, rest = brick_samples(brick, shift), Pose.rest(30)
    moved = transport(brick.coarse, rest, target, RegistrationParams(reach=0.5))
    near = icp(brick.whole, moved, target)[0]
    assert brick.positions(near) == pytest.approx(brick.mesh.vertices + shift, abs=0.02)
    alone = icp(brick.whole, rest, target)[0]
    assert np.abs(brick.positions(alone) - brick.mesh.vertices - shift).mean() > 0.05


def test_closest_points_bring_a_near_surface_home(brick):
    shift = np.array([0.01, -0.02, 0.02])
    pose, energy = icp(brick.whole, Pose.rest(30), brick_samples(brick, shift), 12)
    assert np.abs(brick.positions(pose) - brick.mesh.vertices - shift).mean() < 2e-3 and energy < 1e-5


def test_what_a_frame_does_not_show_goes_where_its_neighbours_want_it(brick):
    nowhere = brick_samples(brick, np.array([5.0, 0, 0]))
    wanted = brick.whole.samples.points + [0.05, 0, 0]
    pose = icp(brick.whole, Pose.rest(30), nowhere, 5, (0.3, 0.1), (0.03, 0.03), (wanted, 0.02))[0]
    assert brick.positions(pose) == pytest.approx(brick.mesh.vertices + [0.05, 0, 0], abs=2e-3)
    untouched = icp(brick.whole, Pose.rest(30), nowhere, 5, (0.3, 0.1), (0.03, 0.03))[0]
    assert brick.positions(untouched) == pytest.approx(brick.mesh.vertices, abs=1e-6)
