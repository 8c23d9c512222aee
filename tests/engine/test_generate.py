"""The stage loop over teachers that know the answer."""

from dataclasses import replace

import pytest
import torch

from engine import generate
from engine.errors import DivergedError, OutOfMemoryError
from engine.generate import Teacher, advance, frame_times
from engine.job import JobFolder, Progress
from engine.request import Request
from engine.settings import STANDARD, Rates
from engine.stages.scene import Scene
from tests.engine.scene.test_render import UniformBall
from tests.engine.stages.test_stages import FIELD, STAGE, KnowingTeacher

DYNAMIC = replace(STAGE, steps=6, cameras=1, rates=Rates(0.01, 0.02, 0.01, 0.03), rigid_until=0.5, occupancy_every=4)
QUALITY = replace(STANDARD, field=FIELD, static=replace(STAGE, steps=2), dynamic=DYNAMIC)
RIGID_STEPS = 3


def teachers() -> dict[str, Teacher]:
    still = KnowingTeacher(UniformBall(60.0, 0.4), torch.tensor([0.5]))
    sliding = KnowingTeacher(UniformBall(60.0, 0.4, speed=0.4), frame_times(FIELD.times))
    return {"image": Teacher(still, "a ball"), "video": Teacher(sliding, "a ball sliding")}


def still_scene() -> Scene:
    scene = Scene.new(FIELD, 0)
    for step in range(2):
        advance(scene, "static", step, teachers(), QUALITY, frame_times(FIELD.times))
    return scene


def test_planes_move_only_after_the_rigid_part():
    scene, changed = still_scene(), []
    for step in range(DYNAMIC.steps):
        before = scene.field.space[0].detach().clone()
        advance(scene, "dynamic", step, teachers(), QUALITY, frame_times(FIELD.times))
        changed.append(not torch.equal(before, scene.field.space[0]))
    assert changed == [False] * RIGID_STEPS + [True] * (DYNAMIC.steps - RIGID_STEPS)
    assert scene.field.trajectory.translation.abs().max() > 0


@pytest.fixture
def one_thread():
    """Sums over several threads may be taken in another order when the machine is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("stop", range(1, DYNAMIC.steps))
@pytest.mark.usefixtures("one_thread")
def test_a_run_goes_on_bit_for_bit_from_any_step(tmp_path, stop):
    whole, folder, times = still_scene(), JobFolder(tmp_path), frame_times(FIELD.times)
    for step in range(DYNAMIC.steps):
        advance(whole, "dynamic", step, teachers(), QUALITY, times)
        if step + 1 == stop:
            folder.save(whole, Progress("dynamic", stop))
    again = Scene.new(FIELD, 9)
    assert folder.load(again) == Progress("dynamic", stop)
    for step in range(stop, DYNAMIC.steps):
        advance(again, "dynamic", step, teachers(), QUALITY, times)
    for name, value in whole.field.state_dict().items():
        assert torch.equal(value, again.field.state_dict()[name]), name
    assert torch.equal(whole.occupancy.bits, again.occupancy.bits)


@pytest.mark.parametrize(
    ("raised", "expected", "said"),
    [
        (DivergedError("the scene's gradient is no longer finite"), DivergedError, "static after step 3 .*another seed"),
        (torch.OutOfMemoryError("CUDA out of memory"), OutOfMemoryError, "--quality draft"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), OutOfMemoryError, "go on from the checkpoint"),
        (MemoryError(), OutOfMemoryError, "not enough memory for stage static"),
        (RuntimeError("shapes do not match"), RuntimeError, "shapes do not match"),
    ],
)
def test_what_ends_a_run_is_said_with_what_to_do(tmp_path, monkeypatch, raised, expected, said):
    def steps(*arguments):
        yield Progress("static", 3)
        raise raised

    monkeypatch.setattr(generate, "optimise", steps)
    with pytest.raises(expected, match=said):
        generate.generate(Request.checked({"prompt": "a red ball"}), JobFolder(tmp_path), lambda message: None, lambda: False)
