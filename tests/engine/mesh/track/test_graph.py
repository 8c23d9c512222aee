import numpy as np
import pytest

from engine.mesh.surface import volume
from engine.mesh.track.graph import Pose, between, build_graph, deform, rotations
from engine.mesh.track.solve import DataTerm, Solver
from scripts.benchmark.sequences import meshed


def ball(x: float = 0.0, seed: int = 0):
    return meshed(lambda p: np.linalg.norm(p - [x, 0, 0], axis=1) - 0.4, seed)


def two_balls():
    return meshed(lambda p: np.minimum(*(np.linalg.norm(p - [x, 0, 0], axis=1) - 0.3 for x in (-0.35, 0.35))), 1)


def test_the_sequences_wind_counter_clockwise_from_outside():
    assert volume(ball()) == pytest.approx(4 / 3 * np.pi * 0.4**3, rel=0.05)


def test_a_quarter_turn_about_z_brings_x_to_y():
    assert rotations(np.array([[0, 0, np.pi / 2]]))[0] @ [1, 0, 0] == pytest.approx([0, 1, 0], abs=1e-12)


def test_half_way_from_rest_to_a_quarter_turn_is_an_eighth():
    rest = Pose.rest(1)
    turned = rest.moved(np.array([[0, 0, np.pi / 2, 0.4, 2, 0, 0]]))
    half = between(rest, turned)
    assert half.rotation[0] @ [1, 0, 0] == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0])
    assert half.log_scale == pytest.approx([0.2]) and half.shift[0] == pytest.approx([1, 0, 0])


def test_at_rest_nothing_moves_and_weights_sum_to_one():
    mesh = ball()
    graph = build_graph(mesh, 30)
    assert len(graph.nodes) == 30 and graph.weights.sum(1) == pytest.approx(1)
    assert np.allclose(deform(graph, Pose.rest(30), mesh.vertices), mesh.vertices)


def test_nodes_carry_what_is_near_along_the_surface_alone():
    mesh = two_balls()
    graph = build_graph(mesh, 40)
    left = mesh.vertices[:, 0] < 0
    carriers = np.where(graph.weights > 0, graph.carriers, graph.carriers[:, :1])
    assert ((graph.nodes[carriers][..., 0] < 0) == left[:, None]).all()
    # The two parts are tied together all the same.
    ends = graph.nodes[graph.edges][..., 0] < 0
    assert (ends[:, 0] != ends[:, 1]).any()


def test_a_rigid_motion_and_a_growth_are_found_from_where_vertices_should_be():
    mesh = ball()
    graph = build_graph(mesh, 20)
    turn = rotations(np.array([[0.2, -0.3, 0.4]]))[0]
    goal = 1.3 * mesh.vertices @ turn.T + [0.1, 0.2, -0.1]
    solver, pose = Solver(graph, mesh.vertices), Pose.rest(len(graph.nodes))
    weight = 1 / len(mesh.vertices)
    for _ in range(12):
        off = goal - deform(graph, pose, mesh.vertices)
        metric = np.broadcast_to(weight * np.eye(3), (len(off), 3, 3))
        pose, energy = solver.step(pose, DataTerm(metric, weight * off), 0.1)
    assert np.abs(goal - deform(graph, pose, mesh.vertices)).max() < 5e-3
    assert np.exp(pose.log_scale).mean() == pytest.approx(1.3, rel=0.02)
    assert energy < 1e-5


def test_a_step_is_that_of_the_plain_form():
    mesh = ball()
    graph = build_graph(mesh, 6)
    generator = np.random.default_rng(0)
    pose = Pose.rest(6).moved(0.1 * generator.normal(size=(6, 7)))
    points, stiffness = mesh.vertices, 0.5
    normals = generator.normal(size=(len(points), 3))
    metric = normals[:, :, None] * normals[:, None] + 0.1 * np.eye(3)
    pull = generator.normal(size=(len(points), 3))
    found, _ = Solver(graph, points).step(pose, DataTerm(metric, pull), stiffness)
    step = _plain_step(graph, pose, points, metric, pull, stiffness)
    assert np.allclose(found.shift - pose.shift, step[:, 4:], atol=1e-6)
    assert np.allclose(found.log_scale - pose.log_scale, step[:, 3], atol=1e-6)


def _plain_step(graph, pose, points, metric, pull, stiffness):
    """Gauss-Newton with dense matrices and derivatives by differences."""
    from engine.mesh.track.solve import EVEN_SIZE, UNIT_SIZE

    count, (first, second) = len(graph.nodes), graph.edges.T
    weight = stiffness / (2 * len(first))
    length = ((graph.nodes[second] - graph.nodes[first]) ** 2).sum(1)
    unit = UNIT_SIZE * stiffness * length.mean() / count

    def residuals(flat):
        moved = pose.moved(flat.reshape(count, 7))
        places, stretch = graph.nodes + moved.shift, moved.stretch()
        rows = [
            np.sqrt(weight) * (places[b] - places[a] - np.einsum("eij,ej->ei", stretch[a], graph.nodes[b] - graph.nodes[a]))
            for a, b in ((first, second), (second, first))
        ]
        rows.append(np.sqrt(EVEN_SIZE * weight * length) * (moved.log_scale[second] - moved.log_scale[first]))
        rows.append(np.sqrt(unit) * moved.log_scale)
        return np.concatenate([row.ravel() for row in rows])

    def vertices(flat):
        return deform(graph, pose.moved(flat.reshape(count, 7)), points)

    def derivative(function):
        columns = []
        for index in range(7 * count):
            nudge = np.zeros(7 * count)
            nudge[index] = 1e-6
            columns.append((function(nudge) - function(-nudge)).ravel() / 2e-6)
        return np.stack(columns, 1)

    of_edges, of_points = derivative(residuals), derivative(vertices).reshape(len(points), 3, -1)
    matrix = of_edges.T @ of_edges + np.einsum("nia,nij,njb->ab", of_points, metric, of_points) + 1e-9 * np.eye(7 * count)
    right = np.einsum("nia,ni->a", of_points, pull) - of_edges.T @ residuals(np.zeros(7 * count))
    return np.linalg.solve(matrix, right).reshape(count, 7)
