"""A strip whose two halves part: weights that tear it, and weights that don't."""

import numpy as np
import pytest

from engine.mesh.edges import directed_edges, unique_edges
from engine.mesh.rig.untorn import stretch, untorn_weights


def strip(count: int = 41) -> tuple[np.ndarray, np.ndarray]:
    """Two rows of vertices along X from 0 to 1."""
    along = np.linspace(0, 1, count)
    rest = np.array([(x, y, 0.0) for x in along for y in (0, 0.05)])
    triangles = [t for a in range(0, 2 * count - 2, 2) for t in ((a, a + 2, a + 3), (a, a + 3, a + 1))]
    return rest, np.array(triangles, np.int32)


def halves(rest: np.ndarray) -> np.ndarray:
    right = (rest[:, 0] > 0.5).astype(float)
    return np.stack([1 - right, right], 1)


def parting(by: float) -> np.ndarray:
    """The second bone goes along X."""
    pose = np.tile(np.eye(4), (2, 2, 1, 1))
    pose[1, 1, 0, 3] = by
    return pose


def test_stretch_is_the_longest_an_edge_becomes():
    rest, triangles = strip(3)
    edges = unique_edges(directed_edges(triangles))
    found = stretch(rest, edges, parting(0.25), halves(rest))
    across = {tuple(edge): value for edge, value in zip(edges.tolist(), found, strict=True)}
    # From x = 0.5 to x = 1, half a metre long, a quarter longer where one end moves; within a half nothing changes.
    assert across[(2, 4)] == pytest.approx(1.5) and across[(0, 2)] == 1 and across[(0, 1)] == 1


def test_a_tear_is_spread_over_the_edges_round_it():
    rest, triangles = strip()
    edges, pose = unique_edges(directed_edges(triangles)), parting(0.1)
    torn = stretch(rest, edges, pose, halves(rest))
    assert torn.max() == pytest.approx(5.0)
    weights = untorn_weights(rest, triangles, pose, halves(rest))
    mended = stretch(rest, edges, pose, weights)
    assert np.percentile(mended, 99) < 1.6 and mended.max() < torn.max() / 2
    np.testing.assert_allclose(weights.sum(1), 1)
    # Far from it nothing is changed.
    np.testing.assert_array_equal(weights[[0, -1]], halves(rest)[[0, -1]])


@pytest.mark.parametrize(("count", "by"), [(161, 0.1), (401, 0.1), (801, 0.05)])
def test_however_short_the_edges_are_no_gap_stays(count, by):
    """One row in hundreds is a small share of the edges, and a gap all the same."""
    rest, triangles = strip(count)
    edges, pose = unique_edges(directed_edges(triangles)), parting(by)
    assert stretch(rest, edges, pose, halves(rest)).max() > 15
    mended = stretch(rest, edges, pose, untorn_weights(rest, triangles, pose, halves(rest)))
    assert np.percentile(mended, 99) < 1.7 and mended.max() < 2


def test_weights_that_tear_nothing_stay():
    rest, triangles = strip()
    np.testing.assert_array_equal(untorn_weights(rest, triangles, parting(0.005), halves(rest)), halves(rest))


def test_vertices_in_one_place_go_one_way():
    rest, triangles = strip()
    seam = np.concatenate([rest, rest[40:42]])
    parted = triangles.copy()
    parted[parted > 41] += 0
    parted[40:][parted[40:] == 40], parted[40:][parted[40:] == 41] = len(rest), len(rest) + 1
    weights = untorn_weights(seam, parted, parting(0.1), halves(seam))
    np.testing.assert_array_equal(weights[[40, 41]], weights[-2:])
