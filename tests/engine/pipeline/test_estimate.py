"""Estimates by a clock that goes as fast as the test says."""

from dataclasses import replace

import pytest

from engine.config.quality import STANDARD, MeshConfig
from engine.contract.errors import Stopped
from engine.contract.request import Request
from engine.job.resolve import resolve
from engine.pipeline import estimate as module
from engine.pipeline.estimate import TIMED, WARM_UP, Estimate, estimate, peak_memory_mb
from tests.engine.stages.knowing import FIELD, STAGE

LOADING, STEP = 5.0, 0.5


class Clock:
    """Stands still but where something takes its time."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def taking(self, seconds: float, answer=None):
        """A function that takes so long."""

        def work(*arguments, **options):
            self.now += seconds
            return answer

        return work


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "load_stage_models", clock.taking(LOADING))
    monkeypatch.setattr(module, "take_step", clock.taking(STEP))
    monkeypatch.setattr(module, "surface_at", clock.taking(1.0, "mesh"))
    monkeypatch.setattr(module, "turntable", clock.taking(0.25))
    return clock


def job(**changes):
    quality = replace(
        STANDARD, field=FIELD, mesh=MeshConfig(24, triangles=200, texture=32), static=replace(STAGE, steps=100),
        dynamic=replace(STAGE, steps=10), super_resolution=replace(STAGE, steps=0),
    )  # fmt: skip
    return replace(resolve(Request.checked({"prompt": "a red ball", "frames": 4})), quality=replace(quality, **changes))


def test_stages_are_their_models_and_their_steps(clock, monkeypatch):
    monkeypatch.setattr(module, "textured", lambda field, meshes, *rest: clock.taking(2.0 + 3.0 * len(meshes))())
    found = estimate(job())
    assert found.seconds == pytest.approx({
        "static": LOADING + 100 * STEP, "dynamic": LOADING + 10 * STEP,
        # Four surfaces and pictures, a texture of one frame and what each further frame takes.
        "mesh": 4 * 1.25 + 5.0 + 3 * 3.0,
    })  # fmt: skip
    assert found.total == pytest.approx(sum(found.seconds.values()))


def test_the_first_steps_are_not_counted(clock, monkeypatch):
    monkeypatch.setattr(module, "textured", clock.taking(0.0))
    steps = []

    def step(state, stage, number, *rest):
        steps.append((stage, number))
        clock.now += 9.0 if len(steps) <= WARM_UP else STEP

    monkeypatch.setattr(module, "take_step", step)
    assert estimate(job(dynamic=replace(STAGE, steps=0))).seconds["static"] == pytest.approx(LOADING + 100 * STEP)
    # From the middle on, at the last step before it at which the occupancy was new.
    assert steps == [("static", 48 + number) for number in range(WARM_UP + TIMED)]


def test_an_estimate_can_be_stopped_between_steps(clock):
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(Stopped, match="The estimate was stopped"):
        estimate(job(), stop=stop)
    assert clock.now == LOADING + 2 * STEP


def test_memory_is_what_the_process_has_held(monkeypatch):
    import resource

    monkeypatch.setattr(resource, "getrusage", lambda who: type("Usage", (), {"ru_maxrss": 3 * 2**20}))
    for platform, expected in (("linux", 3 * 2**10), ("darwin", 3), ("win32", None)):
        monkeypatch.setattr(module.sys, "platform", platform)
        assert peak_memory_mb() == expected


def test_an_estimate_adds_up():
    assert Estimate({"static": 1.5, "mesh": 2.0}, None).total == 3.5 and Estimate({}, 1).total == 0
