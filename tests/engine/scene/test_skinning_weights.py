import numpy as np
import pytest

from engine.scene.skinning_weights import lay_out_bones

SIZE = 48
AXIS = np.linspace(-1, 1, SIZE)
X, Y, Z = np.meshgrid(AXIS, AXIS, AXIS, indexing="ij")


def bar(x: float = 0.0) -> np.ndarray:
    """A bar along Z, 0.2 thick and 1.6 long."""
    return (abs(X - x) < 0.1) & (abs(Y) < 0.1) & (abs(Z) < 0.8)


def at(layout, place) -> np.ndarray:
    cell = tuple(np.round((np.array(place) + 1) / 2 * (SIZE - 1)).astype(int))
    return layout.weights[(slice(None), *cell)]


def test_bones_of_a_bar_stand_evenly_along_it():
    layout = lay_out_bones(bar(), 3)
    assert np.abs(layout.centres[:, :2]).max() < 0.11
    assert np.sort(layout.centres[:, 2]) == pytest.approx([-0.79, 0.0, 0.79], abs=0.06)
    assert layout.weights.shape == (3, SIZE, SIZE, SIZE) and np.allclose(layout.weights.sum(0), 1, atol=1e-5)
    for bone, centre in enumerate(layout.centres):
        assert at(layout, centre)[bone] > 0.6
    assert np.allclose(layout.neighbours, layout.neighbours.T) and np.allclose(np.diag(layout.neighbours), 1)


def test_legs_that_nearly_touch_do_not_hold_one_another():
    """Two legs, a cell apart, that only a bridge at the top joins: the way inside from foot to foot is long."""
    legs = bar(-0.12) | bar(0.12) | ((abs(X) < 0.2) & (abs(Y) < 0.1) & (Z > 0.7) & (Z < 0.8))
    gap = (abs(X) < 0.03) & (Z < 0.7)
    layout = lay_out_bones(legs & ~gap, 8)
    left, right = (at(layout, (side, 0.0, -0.7)) for side in (-0.12, 0.12))
    of_left = layout.centres[:, 0] < 0
    low = layout.centres[:, 2] < 0.4
    assert left[~of_left & low].sum() < 0.02 and right[of_left & low].sum() < 0.02


def test_what_is_outside_is_held_by_what_is_nearest():
    layout = lay_out_bones(bar(), 3)
    foot = int(layout.centres[:, 2].argmin())
    assert at(layout, (0.9, 0.9, -0.9))[foot] > 0.7


def test_loose_pieces_have_bones_too():
    pieces = (abs(X) < 0.2) & (abs(Y) < 0.2) & (abs(abs(Z) - 0.6) < 0.2)
    layout = lay_out_bones(pieces, 4)
    assert (layout.centres[:, 2] > 0).sum() == (layout.centres[:, 2] < 0).sum() == 2


def test_a_solid_of_too_few_cells_is_refused():
    with pytest.raises(ValueError, match="too few for 40 bones"):
        lay_out_bones((abs(X) < 0.04) & (abs(Y) < 0.04) & (abs(Z) < 0.04), 40)


def test_a_finer_grid_in_a_box_round_the_solid_gives_much_the_same_weights():
    box = np.array([[-0.3, -0.3, -1.0], [0.3, 0.3, 1.0]])
    axes = [np.linspace(low, high, count) for low, high, count in zip(*box, (25, 25, 81), strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    fine, coarse = lay_out_bones((abs(x) < 0.1) & (abs(y) < 0.1) & (abs(z) < 0.8), 3, box), lay_out_bones(bar(), 3)
    assert fine.weights.shape == (3, 25, 25, 81) and np.array_equal(fine.box, np.float32(box))
    assert np.sort(fine.centres[:, 2]) == pytest.approx(np.sort(coarse.centres[:, 2]), abs=0.06)
    for height in (-0.6, -0.2, 0.3):
        cell = round((height + 1) / 0.025)
        one = fine.weights[np.argsort(fine.centres[:, 2]), 12, 12, cell]
        assert one == pytest.approx(at(coarse, (0, 0, height))[np.argsort(coarse.centres[:, 2])], abs=0.1)
