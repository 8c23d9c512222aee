from dataclasses import replace

import pytest

from engine.config.quality import STANDARD
from engine.pipeline.eta import Clock


class Hands:
    """A clock to be set by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def stepped(hands: Hands, spans: list[float], **stages) -> Clock:
    clock = Clock(stages, hands)
    hands.time += 50
    clock.begin()
    for span in spans:
        hands.time += span
        clock.tick("static")
    return clock


def test_loading_and_a_slow_first_step_do_not_count():
    clock = stepped(Hands(), [30.0, 2.0, 2.0, 2.0], static=replace(STANDARD.static, steps=10))
    assert clock.left("static", 4) == pytest.approx(6 * 2.0)


def test_a_stage_to_come_is_guessed_from_its_work():
    same = replace(STANDARD.static, steps=5)
    clock = stepped(Hands(), [1.0], static=same, dynamic=replace(same, steps=7))
    # A clip of as many rays costs four times the rays beside the constant of 8000.
    rays = same.cameras * same.size**2
    assert clock.left("static", 5) == pytest.approx(7 * (4 * rays + 8000) / (rays + 8000))


def test_reports_are_due_now_and_then():
    hands = Hands()
    clock = Clock({"static": STANDARD.static}, hands)
    assert not clock.due(0.5)
    hands.time += 0.6
    assert clock.due(0.5) and not clock.due(0.5)
