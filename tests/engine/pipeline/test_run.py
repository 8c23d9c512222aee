"""The stage loop over guidance that knows the answer."""

from dataclasses import replace

import pytest
import torch

from engine.config.quality import STANDARD
from engine.config.stage import LearningRates
from engine.contract.errors import DivergedError, GateError, OutOfMemoryError, Stopped
from engine.contract.request import Request
from engine.guidance.load import LoadedGuidance
from engine.job.folder import JobFolder, Progress
from engine.job.resolve import resolve
from engine.pipeline import run
from engine.pipeline.checkpoint import load_checkpoint, save_checkpoint
from engine.pipeline.run import LEAVE, STOP, run_job
from engine.pipeline.train import take_step
from engine.scene.frame_times import frame_times
from engine.stages.looks import Looks
from engine.stages.train_state import TrainState
from tests.engine.scene.test_render import UniformBall
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance

DYNAMIC = replace(STAGE, steps=6, cameras=1, rates=LearningRates(0.01, 0.02, 0.01, 0.03), rigid_until=0.5, occupancy_interval=4)
QUALITY = replace(STANDARD, field=FIELD, static=replace(STAGE, steps=2), dynamic=DYNAMIC)
RIGID_STEPS = 3


def guidance() -> dict[str, LoadedGuidance]:
    still = KnowingGuidance(UniformBall(60.0, 0.4), torch.tensor([0.5]))
    sliding = KnowingGuidance(UniformBall(60.0, 0.4, speed=0.4), frame_times(FIELD.times))
    return {"image": still.loaded("a ball"), "video": sliding.loaded("a ball sliding")}


def still_scene() -> TrainState:
    scene = TrainState.new(FIELD, 0)
    for step in range(2):
        take_step(scene, "static", step, guidance(), QUALITY, frame_times(FIELD.times))
    return scene


def test_planes_move_only_after_the_rigid_part():
    scene, changed = still_scene(), []
    for step in range(DYNAMIC.steps):
        before = scene.field.space[0].detach().clone()
        take_step(scene, "dynamic", step, guidance(), QUALITY, frame_times(FIELD.times))
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
        take_step(whole, "dynamic", step, guidance(), QUALITY, times)
        if step + 1 == stop:
            save_checkpoint(folder, whole, Progress("dynamic", stop))
    again = TrainState.new(FIELD, 9)
    assert load_checkpoint(folder, again) == Progress("dynamic", stop)
    for step in range(stop, DYNAMIC.steps):
        take_step(again, "dynamic", step, guidance(), QUALITY, times)
    for name, value in whole.field.state_dict().items():
        assert torch.equal(value, again.field.state_dict()[name]), name
    assert torch.equal(whole.occupancy.bits, again.occupancy.bits)


@pytest.mark.parametrize(
    ("raised", "expected", "said"),
    [
        (DivergedError("the scene's gradient is no longer finite"), DivergedError, "static after step 3 .*another seed"),
        (torch.OutOfMemoryError("CUDA out of memory"), OutOfMemoryError, "go on at low memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), OutOfMemoryError, "last checkpoint is kept"),
        (MemoryError(), OutOfMemoryError, "not enough memory for stage static"),
        (RuntimeError("shapes do not match"), RuntimeError, "shapes do not match"),
    ],
)
def test_what_ends_a_run_is_said_with_what_to_do(tmp_path, monkeypatch, raised, expected, said):
    def fail(*arguments):
        yield Progress("static", 3)
        raise raised

    monkeypatch.setattr(run, "optimise", fail)
    job = resolve(Request.checked({"prompt": "a red ball"}))
    with pytest.raises(expected, match=said):
        run_job(job, JobFolder(tmp_path / "job"), lambda message: None, lambda: False, "cpu")


STEPS = 9
LONGER = replace(QUALITY, dynamic=replace(DYNAMIC, steps=STEPS), super_resolution=replace(STAGE, steps=0))
JOB = replace(resolve(Request.checked({"prompt": "a red ball"})), quality=LONGER)


@pytest.fixture
def knowing(monkeypatch) -> dict[str, LoadedGuidance]:
    """A run's models are these."""
    models = guidance()
    monkeypatch.setattr(run, "load_stage_models", lambda loaded, *rest: loaded.update(models))
    monkeypatch.setattr(run, "resolve_folder", lambda folder: JOB)
    return models


def shares(models: dict[str, LoadedGuidance]) -> list[float]:
    """How far through the stage the video model was asked."""
    return [asked[1] for asked in models["video"].guidance.asked]


@pytest.fixture
def longer(tmp_path, knowing) -> JobFolder:
    """A job that was at its end, and has more steps of its last stage now."""
    folder = JobFolder(tmp_path / "job")
    folder.open(JOB.request.as_dict(), {})
    save_checkpoint(folder, still_scene(), Progress("dynamic", DYNAMIC.steps))
    folder.change(JOB.request.as_dict(), {"dynamic": 1.0})
    return folder


def exported(monkeypatch) -> list[Progress | None]:
    """How far exports were that a run made."""
    made = []
    monkeypatch.setattr(run, "export_asset", lambda *arguments, unfinished=None: made.append(unfinished))
    return made


def test_a_finished_job_goes_on_at_the_end_of_its_schedule(longer, knowing, monkeypatch):
    messages, made, moved = [], exported(monkeypatch), []
    monkeypatch.setattr(TrainState, "free", lambda scene, rates, rigid_only=False: moved.append(not rigid_only))
    run_job(JOB, longer, messages.append, lambda: False, "cpu", previews=())
    assert shares(knowing) == [1.0] * (STEPS - DYNAMIC.steps) and all(moved)
    assert longer.progress() == Progress("dynamic", STEPS) and made == [None]
    last = [message for message in messages if message["type"] == "progress"][-1]
    assert (last["step"], last["steps"]) == (STEPS, STEPS)


def test_a_stage_that_was_made_longer_under_way_does_not_go_back(knowing):
    scene = still_scene()
    quality = replace(QUALITY, dynamic=replace(DYNAMIC, steps=10))
    for step in range(2, 6):
        take_step(scene, "dynamic", step, knowing, quality, frame_times(FIELD.times), 0.4)
    assert shares(knowing) == [0.4, 0.4, 0.4, 0.5]


def test_a_run_that_is_to_leave_writes_its_checkpoint_and_no_asset(longer, monkeypatch):
    made = exported(monkeypatch)
    with pytest.raises(Stopped, match="checkpoint is kept") as stopped:
        run_job(JOB, longer, lambda message: None, lambda: LEAVE, "cpu", previews=())
    assert made == [] and stopped.value.asset is None
    assert longer.progress() == Progress("dynamic", DYNAMIC.steps + 1)


def test_a_run_that_is_to_stop_writes_both(longer, monkeypatch):
    made = exported(monkeypatch)
    with pytest.raises(Stopped, match="at step 7") as stopped:
        run_job(JOB, longer, lambda message: None, lambda: STOP, "cpu", previews=())
    assert made == [Progress("dynamic", 7)] and stopped.value.asset == longer.asset


def test_an_export_ends_when_the_run_is_to_leave(longer):
    messages = []

    def stop() -> int:
        return LEAVE if "mesh" in {message.get("stage") for message in messages} else 0

    with pytest.raises(Stopped, match="before the asset"):
        run_job(JOB, longer, messages.append, stop, "cpu", previews=())
    assert not longer.asset.exists() and longer.progress() == Progress("dynamic", STEPS)


FOG = Looks(opacity=0.9, haze=1.0, saturation=0.0, contrast=0.1, motion=0.0)


def test_a_run_whose_scene_cant_come_right_stops_there_unless_it_is_to_keep_going(tmp_path, knowing, monkeypatch):
    job = replace(JOB, quality=replace(LONGER, static=replace(STAGE, steps=30), dynamic=replace(DYNAMIC, steps=0)))
    monkeypatch.setattr(run, "resolve_folder", lambda folder: job)
    monkeypatch.setattr(run, "look", lambda state, stage: FOG)
    folder, messages, made = JobFolder(tmp_path / "job"), [], exported(monkeypatch)
    for _ in range(2):
        # The second time it says so again, before the next step.
        with pytest.raises(GateError, match="After step 15 of stage static fog fills the scene"):
            run_job(job, folder, messages.append, lambda: False, "cpu", previews=())
        assert folder.progress() == Progress("static", 15) and made == []
    told = [message for message in messages if message["type"] == "gate"]
    assert [(message["stage"], message["step"], message["looks"]["opacity"]) for message in told] == [("static", 15, 0.9)]
    job = replace(job, request=replace(job.request, keep_going=True))
    folder.change(job.request.as_dict(), {})
    run_job(job, folder, messages.append, lambda: False, "cpu", previews=())
    assert folder.progress() == Progress("static", 30) and made == [None]
    assert [message["step"] for message in messages if message["type"] == "gate"] == [15, 30]
