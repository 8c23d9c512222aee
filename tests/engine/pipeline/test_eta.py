from dataclasses import replace

import pytest

from engine.config.quality import STANDARD
from engine.pipeline.eta import RunEta, TaskEta


class FakeClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def stepped(clock: FakeClock, seconds: list[float], **stages) -> RunEta:
    eta = RunEta(stages, clock)
    clock.time += 50
    eta.begin_stage()
    for step in seconds:
        clock.time += step
        eta.count_step("static")
    return eta


def test_a_task_of_equal_parts_takes_for_the_rest_what_it_took_so_far():
    clock = FakeClock()
    eta = TaskEta(clock)
    assert eta.seconds_left(0, 4) == 0
    clock.time += 6
    assert eta.seconds_left(3, 4) == pytest.approx(2)


def test_loading_and_a_slow_first_step_do_not_count():
    eta = stepped(FakeClock(), [30.0, 2.0, 2.0, 2.0], static=replace(STANDARD.static, steps=10))
    assert eta.seconds_left("static", 4) == pytest.approx(6 * 2.0)


def test_a_stage_to_come_is_guessed_from_its_work():
    same = replace(STANDARD.static, steps=5)
    eta = stepped(FakeClock(), [1.0], static=same, dynamic=replace(same, steps=7))
    # A clip of as many rays costs four times the rays beside the constant of 8000.
    rays = same.cameras * same.size**2
    assert eta.seconds_left("static", 5) == pytest.approx(7 * (4 * rays + 8000) / (rays + 8000))


def test_reports_are_due_now_and_then():
    clock = FakeClock()
    eta = RunEta({"static": STANDARD.static}, clock)
    assert not eta.report_due(0.5)
    clock.time += 0.6
    assert eta.report_due(0.5) and not eta.report_due(0.5)


def test_steps_in_turn_count_by_their_mean_and_larger_pictures_by_their_rays():
    turned = replace(STANDARD.static, steps=10, image_share=0.5)
    assert stepped(FakeClock(), [1.0, 3.0, 1.0, 3.0], static=turned).seconds_left("static", 4) == pytest.approx(6 * 2.0)
    grown = replace(STANDARD.static, steps=10, size_milestones=((0.5, 2 * STANDARD.static.size),))
    rays = grown.cameras * grown.size**2
    left = stepped(FakeClock(), [1.0], static=grown).seconds_left("static", 1)
    assert left == pytest.approx(4 + 5 * (4 * rays + 8000) / (rays + 8000))
