import numpy as np
import pytest

from engine.mesh.rig.decomposition.graph import distances, neighbourhood, separate, surface_graph
from tests.engine.mesh.rig.bodies import bar

# A strip of four vertices: 0-1-2 and 1-2-3.
STRIP = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0.0]])
TRIANGLES = np.array([[0, 1, 2], [1, 3, 2]])


def test_the_graph_has_the_edges_lengths_both_ways():
    graph = surface_graph(STRIP, TRIANGLES).toarray()
    np.testing.assert_allclose(graph, graph.T)
    np.testing.assert_allclose(graph, [[0, 1, 1, 0], [1, 0, 2**0.5, 1], [1, 2**0.5, 0, 1], [0, 1, 1, 0]])


def test_the_mean_over_neighbours_counts_the_vertex_itself():
    mean = neighbourhood(surface_graph(STRIP, TRIANGLES))
    np.testing.assert_allclose(mean @ np.array([1.0, 0, 0, 0]), [1 / 3, 1 / 4, 1 / 4, 0])


def test_distances_are_along_the_surface_and_end_at_the_limit():
    found = distances(surface_graph(STRIP, TRIANGLES), np.array([0, 1, 1, 1]), 1.5)
    np.testing.assert_allclose(found, [[0, 1, 1, np.inf], [1, 0, 0, 0]])


def test_a_part_in_pieces_is_separated_and_a_small_piece_goes_to_what_it_touches():
    chain = np.arange(6)[:, None] * [1.0, 0, 0]
    line = surface_graph(chain, np.stack([np.arange(5), np.arange(1, 6), np.arange(1, 6)], 1))
    assert separate(np.array([0, 0, 1, 1, 0, 0]), line, 1).tolist() == [0, 0, 1, 1, 2, 2]
    assert separate(np.array([0, 0, 1, 0, 0, 0]), line, 2).tolist() in ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1])


def test_loose_pieces_are_joined_where_they_are_nearest():
    rest, triangles = bar(3)
    pair = np.concatenate([rest, rest + [0.5, 0, 0]])
    graph = surface_graph(pair, np.concatenate([triangles, triangles + len(rest)]))
    across = np.argwhere(graph.toarray()[: len(rest), len(rest) :] > 0)
    assert len(across) == 1
    a, b = across[0][0], across[0][1] + len(rest)
    assert pair[b, 0] - pair[a, 0] == pytest.approx(0.3) and graph[a, b] == pytest.approx(0.3)
