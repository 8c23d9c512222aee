import numpy as np

from engine.mesh.edges import directed_edges, edge_graph, edge_lengths, triangles_per_edge, unique_edges

# A square of two triangles that share its diagonal 0-2, and a third one on the same diagonal.
SQUARE = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 2]], np.float64)
FIN = np.concatenate([SQUARE, [[2, 0, 4]]])


def test_every_triangle_gives_its_sides_as_it_winds():
    assert directed_edges(SQUARE).tolist() == [[0, 1], [0, 2], [1, 2], [2, 3], [2, 0], [3, 0]]


def test_an_edge_stands_once_whichever_way_triangles_take_it():
    assert unique_edges(directed_edges(SQUARE)).tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [2, 3]]


def test_borders_have_one_triangle_and_a_fin_makes_three():
    assert triangles_per_edge(SQUARE).tolist() == [1, 2, 1, 1, 1]
    assert triangles_per_edge(FIN).tolist() == [1, 3, 1, 1, 1, 1, 1]
    tetrahedron = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    assert triangles_per_edge(tetrahedron).tolist() == [2] * 6


def test_lengths_of_one_mesh_and_of_all_frames():
    edges = unique_edges(directed_edges(SQUARE))
    one = edge_lengths(CORNERS, edges)
    np.testing.assert_allclose(one, [1, 2**0.5, 1, 1, 1])
    np.testing.assert_allclose(edge_lengths(np.stack([CORNERS, 3 * CORNERS]), edges), [one, 3 * one])


def test_the_graph_goes_both_ways_and_keeps_edges_of_no_length():
    places = CORNERS.copy()
    places[1] = places[0]
    graph = edge_graph(places, unique_edges(directed_edges(FIN)), 1e-9)
    assert graph.shape == (5, 5) and graph.nnz == 2 * 7
    assert graph[0, 1] == graph[1, 0] == 1e-9
    np.testing.assert_allclose([graph[0, 4], graph[2, 4], graph[4, 2]], [2, 6**0.5, 6**0.5])
