"""One task after the other. What a run does is played here; its folder and its messages are real."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.contract import protocol
from engine.contract.errors import DivergedError, Stopped
from engine.contract.request import Request
from engine.contract.rig import RigRequest
from engine.contract.track import TrackRequest, frame_name
from engine.job.folder import JobFolder
from engine.mesh.asset import MovingMesh, write_asset
from engine.pipeline.device import DeviceError
from engine.pipeline.estimate import Estimate
from engine.pipeline.run import GO_ON, LEAVE, STOP
from engine.server import worker
from engine.server.queue import Queue, Task
from engine.server.worker import Worker
from tests.engine.mesh.rig.bodies import folding_bar

REQUEST = Request.checked({"prompt": "a red ball bouncing"})


class Desk:
    """A worker with its queue and all that both told."""

    def __init__(self) -> None:
        self.told, self.leaving = [], SimpleNamespace(asked=False, nothing_to_save=True)
        self.queue = Queue(self.told.append)
        self.worker = Worker("cpu", self.queue, self.told.append, self.leaving)

    def work(self, task: Task) -> dict:
        """The last message of a task."""
        self.queue.add(task)
        self.worker.work(0)
        return self.told[-1]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def play(monkeypatch):
    """play(run): what a run does, run(folder, emit, stop)."""

    def play(run):
        def run_job(job, folder, emit, stop, device, previews):
            folder.open(job.request.as_dict(), {})
            run(folder, emit, stop)

        monkeypatch.setattr(worker, "run_job", run_job)

    return play


def generate(folder, **changes) -> Task:
    return Task("generate", "a", folder=folder, request=REQUEST, **changes)


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(DeviceError, match="no device 'gpu'"):
        Worker("gpu", Queue(lambda message: None), lambda message: None, SimpleNamespace(asked=False, nothing_to_save=True))


def test_without_a_task_nothing_happens(desk):
    desk.worker.work(0)
    assert desk.told == []


def test_a_run_s_messages_are_those_of_its_job_and_the_result_comes_last(desk, play, tmp_path):
    def run(folder, emit, stop):
        emit(protocol.progress("static", 1, 2, 9.0, {}))
        emit(protocol.cancelling())
        emit(protocol.result("the asset"))
        assert stop() == GO_ON

    play(run)
    assert desk.work(generate(tmp_path)) == {"type": "result", "job": "a", "path": "the asset"}
    # Who took a cancel has reported it; a result is reported once.
    assert [message["type"] for message in desk.told] == ["queued", "progress", "result"]
    assert {message["job"] for message in desk.told} == {"a"}


def test_nothing_is_to_be_saved_once_the_export_has_begun(desk, play, tmp_path):
    seen = []

    def run(folder, emit, stop):
        for stage in ("static", "mesh", "texture"):
            emit(protocol.progress(stage, 1, 2, 9.0, {}))
            seen.append(desk.leaving.nothing_to_save)
        emit(protocol.result("the asset"))

    play(run)
    desk.work(generate(tmp_path))
    assert seen == [False, True, True]


@pytest.mark.parametrize(
    ("cancelled", "asset", "asked", "answer"),
    [(True, True, False, STOP), (True, False, False, LEAVE), (False, False, True, LEAVE), (True, True, True, LEAVE)],
)
def test_a_run_hears_why_it_is_to_stop(desk, play, tmp_path, cancelled, asset, asked, answer):
    heard = []

    def run(folder, emit, stop):
        emit(protocol.progress("static", 1, 2, 9.0, {}))
        task.cancelled, task.asset, desk.leaving.asked = cancelled, asset, asked
        heard.append(stop())
        raise Stopped("Stopped at step 1.", folder.asset)

    play(run)
    task = generate(tmp_path)
    told = desk.work(task)
    assert heard == [answer]
    assert told == {"type": "cancelled", "job": "a", "message": "Stopped at step 1.", "path": str(tmp_path / "asset")}
    assert '"cancelled"' in (tmp_path / "events.jsonl").read_text(), "what ended a run is in its folder"


@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [
        (DivergedError("The scene is no longer finite."), "diverged", "The scene is no longer finite."),
        (MemoryError(), "memory", "There is not enough memory."),
        (RuntimeError("first line\nsecond line"), "internal", "The engine failed (RuntimeError: first line)."),
    ],
)
def test_what_ends_a_run_is_an_error_and_the_next_task_has_its_turn(desk, play, tmp_path, raised, kind, said):
    def fail(folder, emit, stop):
        raise raised

    play(fail)
    told = desk.work(generate(tmp_path))
    assert (told["type"], told["job"], told["kind"], told["message"]) == ("error", "a", kind, said)
    assert not (tmp_path / "events.jsonl").exists(), "a run that said nothing has a folder that may be another's"
    play(lambda folder, emit, stop: emit(protocol.result("the asset")))
    assert desk.work(generate(tmp_path))["type"] == "result"


@pytest.mark.parametrize("kind", ["generate", "resume"])
def test_a_finished_job_is_not_run_again(desk, play, tmp_path, monkeypatch, kind):
    play(lambda folder, emit, stop: pytest.fail("it ran"))
    JobFolder(tmp_path).open(REQUEST.as_dict(), {})
    monkeypatch.setattr(worker, "is_finished", lambda job, folder: True)
    told = desk.work(generate(tmp_path) if kind == "generate" else Task("resume", "a", folder=tmp_path, changes={}))
    assert told == {"type": "result", "job": "a", "path": str(tmp_path / "asset")}


def test_a_seed_is_drawn_where_none_was_given(desk, tmp_path, monkeypatch):
    seeds = []

    def run_job(job, folder, emit, *rest):
        seeds.append(job.request.seed)
        emit(protocol.result("the asset"))

    monkeypatch.setattr(worker, "run_job", run_job)
    monkeypatch.setattr("engine.job.resolve.random.randrange", lambda limit: 77)
    for seeded in (True, False):
        desk.work(generate(tmp_path, seeded=seeded))
    assert seeds == [REQUEST.seed, 77]


def test_each_task_has_the_threads_that_the_engine_began_with(desk, play, tmp_path):
    before = torch.get_num_threads()

    def run(folder, emit, stop):
        torch.set_num_threads(before + 1)
        emit(protocol.result("the asset"))

    play(run)
    try:
        desk.work(generate(tmp_path))
        play(lambda folder, emit, stop: emit(protocol.result(str(torch.get_num_threads()))))
        assert desk.work(generate(tmp_path))["path"] == str(before)
    finally:
        torch.set_num_threads(before)


def test_an_estimate_is_made_once_for_all_prompts_and_seeds(desk, monkeypatch):
    made = []

    def estimate(job, device, stop):
        made.append(job)
        assert not stop()
        return Estimate({"static": 1.26, "mesh": 2.0}, 900)

    monkeypatch.setattr(worker, "estimate", estimate)
    told = desk.work(Task("estimate", request=REQUEST, reply={"id": 1}))
    assert told == {"type": "estimate", "seconds": {"static": 1.3, "mesh": 2.0}, "memory_mb": 900, "id": 1}
    other = Request.checked({"prompt": "a blue cube", "seed": 9})
    assert desk.work(Task("estimate", request=other, reply={"id": 2})) == told | {"id": 2} and len(made) == 1
    desk.work(Task("estimate", request=Request.checked({"prompt": "a blue cube", "quality": "draft"})))
    assert len(made) == 2


def test_models_that_fit_in_no_way_are_not_tried(desk, monkeypatch):
    plan = SimpleNamespace(fits_low=False, verdict=lambda: "It does not fit: 90.0 GB even at low memory.")
    monkeypatch.setattr(worker, "plan_memory", lambda *arguments: plan)
    monkeypatch.setattr(worker, "estimate", lambda *arguments: pytest.fail("it was tried"))
    told = desk.work(Task("estimate", request=Request.checked({"prompt": "a corgi", "preset": "paper"})))
    assert told["kind"] == "memory" and told["message"] == plan.verdict()


def track(folder, **values) -> Task:
    whole = {"meshes": [str(folder / "frames")], "output": str(folder / "asset"), "overwrite": True}
    return Task("track", "a", folder=folder, track=TrackRequest.checked(whole | values))


def test_a_sequence_becomes_an_asset_in_the_jobs_folder(desk, tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    faces = {"corners": np.array([0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3]), "counts": np.full(4, 3)}
    for number in (10, 11):
        np.savez(frames / frame_name(number), vertices=points * number, **faces)
    told = desk.work(track(tmp_path, name="a tent", fps=24))
    assert (told["type"], told["job"], told["path"]) == ("result", "a", str(tmp_path / "asset"))
    assert "passed through as it is" in told["advice"]
    about = json.loads((tmp_path / "asset" / "asset.json").read_text())
    assert (about["prompt"], about["fps"], about["frame_numbers"]) == ("a tent", 24, [10, 11])
    assert {"type": "started", "job": "a", "prompt": "a tent"} in desk.told


def test_a_sequence_can_be_stopped(desk, tmp_path, monkeypatch):
    def track_meshes(request, emit):
        task.cancelled = True
        emit(protocol.progress("track", 1, 2, 1.0, {}))

    monkeypatch.setattr(worker, "track_meshes", track_meshes)
    task = track(tmp_path)
    assert desk.work(task) == {"type": "cancelled", "job": "a", "message": "Stopped; nothing was written."}


def test_meshes_that_can_t_be_read_are_the_jobs_error(desk, tmp_path):
    told = desk.work(track(tmp_path))
    assert (told["type"], told["kind"]) == ("error", "mesh") and "frames is missing" in told["message"]


def test_an_asset_gets_bones_in_the_jobs_folder(desk, tmp_path):
    vertices, triangles, _ = folding_bar()
    uv, albedo = np.zeros((len(triangles), 3, 2), np.float32), np.full((8, 8, 3), 9, np.uint8)
    about, preview = {"prompt": "a bar", "fps": 8.0, "loop": False}, np.zeros((len(vertices), 16, 16, 3), np.uint8)
    write_asset(tmp_path / "tracked", MovingMesh(np.float32(vertices), triangles, uv, [albedo]), preview, about)
    request = RigRequest(tmp_path / "tracked", tmp_path / "job" / "asset", bones=2, overwrite=True)
    told = desk.work(Task("rig", "a", folder=tmp_path / "job", rig=request))
    assert (told["type"], told["job"], told["path"]) == ("result", "a", str(tmp_path / "job" / "asset"))
    assert json.loads((tmp_path / "job" / "asset" / "asset.json").read_text())["topology"] == "rigged"
    assert not (tmp_path / "tracked" / "rig.npz").exists()
    assert {"type": "started", "job": "a", "prompt": "tracked"} in desk.told


def test_an_asset_that_is_none_is_the_jobs_error(desk, tmp_path):
    request = RigRequest(tmp_path / "none", tmp_path / "job" / "asset", overwrite=True)
    told = desk.work(Task("rig", "a", folder=tmp_path / "job", rig=request))
    assert (told["type"], told["kind"]) == ("error", "rig") and "is no asset folder" in told["message"]
