import pytest
import torch

from engine.ranks import ALONE, Portion, Share, checksum, whole


@pytest.mark.parametrize(
    ("size", "count", "together", "bounds"),
    [
        (1, 5, 1, [(0, 5)]),
        (2, 8, 1, [(0, 4), (4, 8)]),
        (3, 8, 1, [(0, 3), (3, 6), (6, 8)]),
        (2, 1, 1, [(0, 1), (1, 1)]),
        (2, 8, 4, [(0, 4), (4, 8)]),
        (2, 4, 4, [(0, 4), (4, 4)]),
        (2, 6, 4, [(0, 4), (4, 6)]),
    ],
)
def test_cameras_are_shared_out_in_whole_groups(size, count, together, bounds):
    portions = [Share(rank, size).portion(count, together) for rank in range(size)]
    assert portions == [Portion(*each, count) for each in bounds]
    assert sum(each.fraction for each in portions) == pytest.approx(1)


def test_a_portion_has_its_own_rows_of_what_is_drawn_for_all():
    """Three cameras of two rows each."""
    every = whole(3).draw(6, (2,), torch.Generator().manual_seed(4))
    own = Portion(1, 3, 3).draw(4, (2,), torch.Generator().manual_seed(4))
    assert torch.equal(own, every[2:]) and Portion(1, 3, 3).rows(4) == 6


def test_whoever_is_alone_asks_nobody():
    tensor = torch.ones(2)
    ALONE.sum([tensor])
    ALONE.wait()
    with ALONE.after_first():
        pass
    assert tensor.tolist() == [1, 1] and ALONE.total([1.5]) == [1.5] and ALONE.first(7) == 7 and ALONE.agrees(3)
    assert ALONE.any(True) and not ALONE.any(False) and ALONE.leads


def test_a_checksum_sees_one_bit_and_the_order():
    first, second = torch.tensor([1.0, 2.0]), torch.tensor([3.0])
    changed = torch.nextafter(first, torch.tensor(9.0))
    numbers = [checksum(each) for each in ([first, second], [changed, second], [first, first], [second, first])]
    assert len(set(numbers)) == 4 and checksum([first.clone(), second]) == numbers[0]
