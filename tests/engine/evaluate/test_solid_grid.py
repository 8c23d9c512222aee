import numpy as np

from engine.evaluate.solid_grid import solid_grid

LOW, HIGH = np.zeros(3), np.ones(3)


def box(low, high) -> np.ndarray:
    """Twelve triangles seen from outside, [12, 3, 3]."""
    corners = np.array(low) + np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * np.subtract(high, low)
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return corners[[t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]]


def test_the_cells_of_a_box_are_inside():
    found = solid_grid(box((0.2, 0.4, 0.1), (0.6, 0.8, 0.9)), LOW, HIGH, 10)
    wanted = np.zeros((10, 10, 10), bool)
    wanted[2:6, 4:8, 1:9] = True
    np.testing.assert_array_equal(found, wanted)


def test_boxes_that_run_into_one_another_make_no_hole():
    both = np.concatenate([box((0.1, 0.1, 0.1), (0.6, 0.6, 0.6)), box((0.4, 0.4, 0.4), (0.9, 0.9, 0.9))])
    assert solid_grid(both, LOW, HIGH, 10)[4:6, 4:6, 4:6].all()


def test_what_reaches_out_of_the_grid_is_cut_off():
    assert solid_grid(box((-1, -1, -1), (2, 2, 0.5)), LOW, HIGH, 4)[:, :, :2].all()
    assert not solid_grid(box((-1, -1, -1), (2, 2, 0.5)), LOW, HIGH, 4)[:, :, 2:].any()
