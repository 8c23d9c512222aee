import numpy as np
import pytest

from engine.mesh.track.transport import transport_plan


def test_two_that_swap_sides_each_go_to_their_own():
    # The third number tells them apart, as a normal does; by place alone each would stay.
    places = np.array([[-1.0, 0, 0], [1.0, 0, 0]])
    source = np.concatenate([places, [[0.0], [5.0]]], 1)
    target = np.concatenate([places, [[5.0], [0.0]]], 1)
    plan = transport_plan(source, target, places, 0.1, 20.0, rounds=100)
    assert plan.goals == pytest.approx(places[::-1], abs=1e-6) and plan.mass == pytest.approx(1, abs=0.1)


def test_everything_is_reached_although_both_are_nearer_to_one():
    source = np.array([[0.0, 0, 0], [0.4, 0, 0]])
    target = np.array([[0.5, 0, 0], [1.0, 0, 0]])
    plan = transport_plan(source, target, target, 0.05, 5.0, rounds=200)
    assert plan.goals == pytest.approx(target, abs=0.02)


def test_what_is_beyond_the_reach_is_left():
    source, target = np.array([[0.0, 0, 0], [10.0, 0, 0]]), np.array([[0.1, 0, 0], [0.1, 0, 0]])
    plan = transport_plan(source, target, target, 0.1, 0.5, rounds=100)
    assert plan.mass[0] > 0.5 and plan.mass[1] < 1e-3


def test_a_plan_goes_on_from_the_last_ones_potentials():
    generator = np.random.default_rng(0)
    source, target = generator.random((30, 3)), generator.random((40, 3))
    long = transport_plan(source, target, target, 0.1, 0.5, rounds=120)
    short = transport_plan(source, target, target, 0.1, 0.5, rounds=60)
    onward = transport_plan(source, target, target, 0.1, 0.5, short.potentials, rounds=60)
    assert onward.goals == pytest.approx(long.goals, abs=1e-3)
