"""The gate over analytic scenes: fog, nothing, one colour, gaudy, standing still; and over what a run saw before."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from engine.contract.request import Request
from engine.job.folder import Progress
from engine.job.resolve import resolve
from engine.pipeline.gate import Gate, fault_sentence
from engine.pipeline.run import is_to_move
from engine.pipeline.sides import view_sides
from engine.scene.occupancy import Occupancy
from engine.stages.looks import Looks

GOOD = Looks(opacity=0.15, haze=0.1, saturation=0.0, contrast=0.05, motion=0.1)


class Ball:
    """A stand-in for a field: a ball whose shade grows upwards, and that slides along X with time."""

    baked, skeleton = None, None

    def __init__(self, density=60.0, radius=0.5, low=(0.3, 0.2, 0.1), high=(0.9, 0.6, 0.3), speed=0.5) -> None:
        self.density, self.radius, self.speed = density, radius, speed
        self.low, self.high = torch.tensor(low), torch.tensor(high)

    def packed(self, points, frames, times):
        own = points.clone()
        own[:, 0] -= self.speed * (times[frames] - 0.5)
        shade = (own[:, 2:] / self.radius + 1) / 2
        return self.density * (own.norm(dim=-1) < self.radius).float(), self.low + shade.clamp(0, 1) * (self.high - self.low)

    def __call__(self, points, times):
        frames = torch.arange(len(times)).repeat_interleave(len(points))
        density, colour = self.packed(points.repeat(len(times), 1), frames, times)
        return density.view(len(times), -1), colour.view(len(times), -1, 3)


def judged(field, stage="dynamic", still=None, **changes):
    state = SimpleNamespace(field=field, occupancy=Occupancy(16), device=torch.device("cpu"))
    gate = Gate(**changes)
    gate.still = still
    return gate.judge(stage, 100, 100, view_sides(state, 1 if stage == "static" else 5, 32).looks())["faults"]


def test_a_ball_that_slides_passes():
    assert judged(Ball()) == [] and judged(Ball(), "static") == []


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (Ball(density=0.0), "nothing is solid"),
        (Ball(density=30.0, radius=3.0), "fog fills the scene"),
        (Ball(density=0.5, radius=0.8), "a haze"),
        (Ball(low=(0.5, 0.5, 0.5), high=(0.5, 0.5, 0.5)), "one flat colour"),
        (Ball(low=(1.0, 0.0, 0.0), high=(1.0, 0.0, 1.0)), "as strong as can be"),
    ],
)
def test_what_cant_come_right_is_named_with_what_to_do(field, said):
    for stage in ("static", "dynamic"):
        (fault,) = judged(field, stage)
        assert said in fault and ("seed" in fault or "guide" in fault)


def test_standing_still_is_a_fault_only_of_what_is_to_move():
    still = Ball(speed=0.0)
    (fault,) = judged(still)
    assert "nothing moves" in fault
    assert judged(still, moves=False) == [] and judged(still, "static") == []
    gate = Gate()
    gate.turns = True
    assert gate.judge("dynamic", 100, 100, replace(GOOD, motion=0.0))["faults"] == [], "a ball of one colour turns unseen"
    assert Gate().judge("dynamic", 5, 100, replace(GOOD, motion=0.0))["faults"] == [], "it is too early to say"


@pytest.mark.parametrize(("opacity", "fault"), [(0.15, False), (0.22, False), (0.23, True), (0.04, False), (0.03, True)])
def test_what_moves_has_to_hold_together(opacity, fault):
    gate = Gate()
    assert gate.judge("static", 100, 100, GOOD)["faults"] == []
    found = gate.judge("dynamic", 5, 100, replace(GOOD, opacity=opacity))["faults"]
    assert bool(found) == fault and all("hold together" in each and "0.150 at rest" in each for each in found)


def test_halfway_through_the_static_stage_only_opacity_counts():
    hazy = replace(GOOD, haze=1.0, contrast=0.0, saturation=1.0)
    assert Gate().judge("static", 50, 100, hazy)["faults"] == [] and len(Gate().judge("static", 100, 100, hazy)["faults"]) == 3
    assert Gate().judge("static", 50, 100, replace(GOOD, opacity=0.9))["faults"]
    # So it is in the dynamic stage where that forms the object.
    assert Gate().judge("dynamic", 50, 100, hazy)["faults"] == []
    assert len(Gate().judge("dynamic", 100, 100, hazy)["faults"]) == 3


def test_it_looks_at_fixed_shares_and_not_at_tries():
    due = [step for step in range(1, 10_001) if Gate().is_due("dynamic", step, 10_000)]
    assert due == [500, 5000, 10_000]
    assert [step for step in range(1, 111) if Gate().is_due("static", step, 110)] == [55, 110]
    assert not any(Gate().is_due("static", step, 20) for step in range(1, 21))


def test_an_earlier_run_is_remembered(tmp_path):
    before, events = Gate(), tmp_path / "events.jsonl"
    messages = [before.judge("static", 100, 100, GOOD), before.judge("dynamic", 5, 100, replace(GOOD, opacity=0.3))]
    events.write_text("".join(json.dumps(message) + "\n" for message in messages) + '{"type": "ga')
    after = Gate()
    after.recall(events)
    assert after.still == 0.15 and after.faults_at(Progress("dynamic", 5)) == messages[1]["faults"] != []
    assert after.faults_at(Progress("dynamic", 6)) == after.faults_at(None) == []
    Gate().recall(tmp_path / "none.jsonl")
    assert fault_sentence("dynamic", 5, ["one", "two"]) == "After step 5 of stage dynamic one; and two."


@pytest.mark.parametrize(
    ("values", "moves"),
    [
        ({"prompt": "a red ball"}, False),
        ({"prompt": "a red ball standing still"}, False),
        ({"prompt": "a red ball bouncing"}, True),
        ({"prompt": "a brown dog"}, False),
        ({"prompt": "a brown dog running"}, True),
        ({"prompt": "a corgi", "preset": "open"}, True),
        ({"prompt": "a corgi running", "preset": "open", "mode": "3d"}, False),
    ],
)
def test_what_a_prompt_asks_to_move(values, moves):
    assert is_to_move(resolve(Request.checked(values))) == moves
