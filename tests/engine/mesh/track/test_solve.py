import numpy as np
import pytest

from engine.mesh.track.graph import Graph, Pose, rotations
from engine.mesh.track.solve import DataTerm, Solver

NODES = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 1.0]])
EDGES = np.array([[0, 1], [0, 2], [0, 3], [1, 2]])


def solver() -> Solver:
    """Each of four nodes carries the vertex that it lies on."""
    carriers = np.repeat(np.arange(4)[:, None], 4, 1)
    return Solver(Graph(NODES, EDGES, carriers, np.tile([1.0, 0, 0, 0], (4, 1))), NODES)


def energy(pose: Pose) -> float:
    nothing = DataTerm(np.zeros((4, 3, 3)), np.zeros((4, 3)))
    return solver().step(pose, nothing, 1.0)[1]


def moved(turn: np.ndarray, scale: float, shift: np.ndarray) -> Pose:
    """All nodes as one body."""
    places = scale * NODES @ turn.T + shift
    return Pose(np.tile(turn, (4, 1, 1)), np.full(4, np.log(scale)), places - NODES)


@pytest.mark.parametrize("scale", [1.0, 1.7])
def test_moving_as_one_body_costs_nothing(scale):
    turn = rotations(np.array([[0.4, -1.0, 0.7]]))[0]
    assert energy(moved(turn, scale, np.array([0.3, -2, 1]))) == pytest.approx(0, abs=1e-20)


def test_what_neighbours_disagree_about_costs_its_square():
    pose = Pose.rest(4)
    pose.shift[3] = [0, 0, 0.5]
    # One edge of four is off by a half, seen from both of its ends.
    assert energy(pose) == pytest.approx(0.5**2 / 4)
    turned = Pose.rest(4)
    turned.rotation[3] = rotations(np.array([[np.pi, 0, 0]]))[0]
    # From the turned end, the other one is two away from where it should be.
    assert energy(turned) == pytest.approx(2**2 / 8)


def test_with_nothing_to_reach_a_bent_graph_goes_back_to_one_body():
    pose = Pose.rest(4).moved(0.2 * np.random.default_rng(1).normal(size=(4, 7)))
    nothing, own = DataTerm(np.zeros((4, 3, 3)), np.zeros((4, 3))), solver()
    for _ in range(20):
        pose, left = own.step(pose, nothing, 1.0)
    assert left < 1e-10 and np.abs(pose.log_scale).max() < 1e-4
    assert pose.rotation @ np.swapaxes(pose.rotation, 1, 2) == pytest.approx(np.tile(np.eye(3), (4, 1, 1)), abs=1e-9)
    # No size is lost on the way: the nodes are as far apart as they were.
    places = NODES + pose.shift
    for a, b in EDGES:
        assert np.linalg.norm(places[a] - places[b]) == pytest.approx(np.linalg.norm(NODES[a] - NODES[b]), rel=1e-3)


def test_stiffness_decides_between_the_data_and_the_shape():
    goal = NODES.copy()
    goal[1] += [0.4, 0, 0]
    reached = []
    for stiffness in (1e-3, 1e3):
        pose, own = Pose.rest(4), solver()
        for _ in range(10):
            off = goal - NODES - pose.shift
            pose, _ = own.step(pose, DataTerm(np.tile(np.eye(3), (4, 1, 1)), off), stiffness)
        reached.append(pose.shift[1, 0] - pose.shift[0, 0])
    assert reached[0] == pytest.approx(0.4, abs=0.02) and reached[1] < 0.2
