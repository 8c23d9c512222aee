import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from engine.errors import DamagedError, DivergedError, JobError
from engine.job import JobFolder, Progress, went_through
from engine.settings import DRAFT, STANDARD, FieldSettings
from engine.stages.scene import Scene

SETTINGS = FieldSettings(resolutions=(6,), times=4, channels=4, hidden=8, occupancy=8)


def trained_scene(seed: int = 0) -> Scene:
    scene = Scene.new(SETTINGS, seed)
    points = torch.rand(20, 3, generator=scene.generator)
    scene.field(points, torch.tensor([0.2, 0.8]))[0].sum().backward()
    scene.optimiser.step()
    scene.occupancy.update(scene.field, torch.tensor([0.2, 0.8]))
    return scene


def test_a_checkpoint_brings_everything_back(tmp_path):
    folder, scene = JobFolder(tmp_path), trained_scene()
    folder.save(scene, Progress("dynamic", 7))
    other = Scene.new(SETTINGS, 99)
    assert folder.load(other) == Progress("dynamic", 7)
    for name, value in scene.field.state_dict().items():
        assert torch.equal(value, other.field.state_dict()[name])
    assert torch.equal(scene.occupancy.bits, other.occupancy.bits)
    assert torch.equal(scene.occupancy.least, other.occupancy.least)
    assert scene.random_seed() == other.random_seed()
    for one, two in zip(scene.optimiser.state.values(), other.optimiser.state.values(), strict=True):
        assert torch.equal(one["exp_avg"], two["exp_avg"]) and one["step"] == two["step"]


def test_a_checkpoint_from_before_hidden_cells_were_known_still_serves(tmp_path):
    folder, scene = JobFolder(tmp_path), trained_scene()
    folder.save(scene, Progress("dynamic", 7))
    state = tmp_path / "state.safetensors"
    with safe_open(state, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys() if name != "occupancy_least"}
        save_file(tensors, state, file.metadata())
    other = Scene.new(SETTINGS, 99)
    assert folder.load(other) == Progress("dynamic", 7)
    assert other.occupancy.at(torch.tensor([0.2, 0.8])).bits is None and other.occupancy.share == 1


def test_a_checkpoint_that_is_not_finite_is_refused_and_the_one_before_stays(tmp_path):
    folder, scene = JobFolder(tmp_path), trained_scene()
    folder.save(scene, Progress("static", 1))
    with torch.no_grad():
        next(scene.field.parameters()).view(-1)[3] = float("nan")
    with pytest.raises(DivergedError, match=r"The checkpoint \(field\..*not finite"):
        folder.save(scene, Progress("static", 2))
    assert folder.progress() == Progress("static", 1) and not (tmp_path / "state.part").exists()


@pytest.mark.parametrize("content", ["[1]", "1e400", '{"request": []}', '{"request": {}, "shares": {"static": NaN}}', "{"])
def test_a_job_file_that_holds_something_else_is_damaged(tmp_path, content):
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(DamagedError, match="begin the job anew"):
        JobFolder(tmp_path).request()


def test_an_event_that_is_not_finite_is_refused(tmp_path):
    folder = JobFolder(tmp_path)
    folder.log({"type": "progress", "metrics": {"motion": 0.5}})
    with pytest.raises(DivergedError, match="events.jsonl"):
        folder.log({"type": "progress", "metrics": {"motion": float("nan")}})
    assert len(folder.events.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("progress", "whole"),
    [
        (Progress("super_resolution", 30), True),
        (Progress("super_resolution", 40), True),
        (Progress("super_resolution", 29), False),
        (Progress("dynamic", 120), False),
    ],
)
def test_a_run_went_through_when_no_step_is_left(progress, whole):
    """Also where the quality had more steps when the run was made."""
    assert went_through(progress, STANDARD) == whole


def test_a_draft_ends_with_its_dynamic_stage():
    assert went_through(Progress("dynamic", DRAFT.dynamic.steps), DRAFT)
    assert not went_through(Progress("static", DRAFT.static.steps), DRAFT)


def test_a_new_folder_has_no_checkpoint(tmp_path):
    assert JobFolder(tmp_path).load(Scene.new(SETTINGS, 0)) is None


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path):
    folder, scene = JobFolder(tmp_path), trained_scene()
    folder.save(scene, Progress("static", 1))
    folder.save(scene, Progress("static", 2))
    state = tmp_path / "state.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    assert folder.load(Scene.new(SETTINGS, 1)) == Progress("static", 1)


def test_only_damaged_checkpoints_are_one_sentence(tmp_path):
    folder = JobFolder(tmp_path)
    (tmp_path / "state.safetensors").write_bytes(b"not a checkpoint")
    with pytest.raises(JobError, match="damaged.*begin the job anew"):
        folder.load(Scene.new(SETTINGS, 0))


def test_numbers_that_are_not_finite_count_as_damage(tmp_path):
    folder, state = JobFolder(tmp_path), tmp_path / "state.safetensors"
    folder.save(trained_scene(), Progress("static", 1))
    # As an older engine may have written it.
    with safe_open(state, "pt") as file:
        tensors, metadata = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()
    tensors["field.second"][0, 0] = float("nan")
    save_file(tensors, state, metadata)
    with pytest.raises(JobError, match="not finite"):
        folder.load(Scene.new(SETTINGS, 0))


def test_the_same_request_is_taken_up_and_another_is_not(tmp_path):
    folder = JobFolder(tmp_path / "job")
    folder.open({"prompt": "a", "seed": 1}, {"engine": "x"})
    folder.open({"prompt": "a", "seed": 1}, {"engine": "x"})
    with pytest.raises(JobError, match="different seed"):
        folder.open({"prompt": "a", "seed": 2}, {"engine": "x"})
    assert json.loads((tmp_path / "job" / "job.json").read_text())["request"]["seed"] == 1
    folder.open({"prompt": "a", "seed": 2}, {"engine": "x"}, overwrite=True)
    assert folder.request()["seed"] == 2


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(JobError, match="holds no job"):
        JobFolder(tmp_path).open({"prompt": "a"}, {})
    JobFolder(tmp_path).open({"prompt": "a"}, {}, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_place_that_can_not_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError, match="Can't write"):
        JobFolder(tmp_path / "file" / "job").open({"prompt": "a"}, {})


def test_a_full_disk_is_one_sentence_before_work_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 5 * 2**20})())
    with pytest.raises(JobError, match="Only 5 MB are free"):
        JobFolder(tmp_path / "job").open({"prompt": "a"}, {})


def test_a_folder_without_a_job_can_not_be_resumed(tmp_path):
    with pytest.raises(JobError, match="no job"):
        JobFolder(tmp_path).request()
