from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from engine.config.field import FieldConfig
from engine.contract.errors import DivergedError, JobError
from engine.job.folder import JobFolder, Progress
from engine.pipeline.checkpoint import begun_field, load_checkpoint, save_checkpoint
from engine.stages.train_state import TrainState

FIELD = FieldConfig(resolutions=(6,), times=4, channels=4, hidden=8, occupancy=8)


def trained_scene(seed: int = 0) -> TrainState:
    scene = TrainState.new(FIELD, seed)
    points = torch.rand(20, 3, generator=scene.generator)
    scene.field(points, torch.tensor([0.2, 0.8]))[0].sum().backward()
    scene.optimiser.step()
    scene.occupancy.update(scene.field, torch.tensor([0.2, 0.8]))
    return scene


def test_a_checkpoint_brings_everything_back(tmp_path):
    folder, scene = JobFolder(tmp_path), trained_scene()
    save_checkpoint(folder, scene, Progress("dynamic", 7))
    other = TrainState.new(FIELD, 99)
    assert load_checkpoint(folder, other) == Progress("dynamic", 7)
    for name, value in scene.field.state_dict().items():
        assert torch.equal(value, other.field.state_dict()[name])
    assert torch.equal(scene.occupancy.bits, other.occupancy.bits)
    assert torch.equal(scene.occupancy.least, other.occupancy.least)
    assert scene.random_seed() == other.random_seed()
    for one, two in zip(scene.optimiser.state.values(), other.optimiser.state.values(), strict=True):
        assert torch.equal(one["exp_avg"], two["exp_avg"]) and one["step"] == two["step"]


def test_a_checkpoint_from_before_hidden_cells_were_known_still_serves(tmp_path):
    folder, scene = JobFolder(tmp_path), trained_scene()
    save_checkpoint(folder, scene, Progress("dynamic", 7))
    state = tmp_path / "state.safetensors"
    with safe_open(state, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys() if name != "occupancy_least"}
        save_file(tensors, state, file.metadata())
    other = TrainState.new(FIELD, 99)
    assert load_checkpoint(folder, other) == Progress("dynamic", 7)
    assert other.occupancy.at(torch.tensor([0.2, 0.8])).bits is None and other.occupancy.share == 1


def test_a_job_goes_on_with_the_sizes_that_it_was_begun_with(tmp_path):
    """Another version of the engine may have finer planes and other bones."""
    folder, begun = JobFolder(tmp_path), replace(FIELD, resolutions=(5, 7), bones=3)
    newer = replace(FIELD, resolutions=(6, 11), bones=4, max_density=9.0)
    assert begun_field(folder, newer) == newer
    save_checkpoint(folder, TrainState.new(begun, 0), Progress("dynamic", 7))
    found = begun_field(folder, newer)
    assert found == replace(begun, max_density=9.0)
    assert load_checkpoint(folder, TrainState.new(found, 1)) == Progress("dynamic", 7)


def test_a_new_folder_has_no_checkpoint(tmp_path):
    assert load_checkpoint(JobFolder(tmp_path), TrainState.new(FIELD, 0)) is None


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path):
    folder, scene = JobFolder(tmp_path), trained_scene()
    save_checkpoint(folder, scene, Progress("static", 1))
    save_checkpoint(folder, scene, Progress("static", 2))
    state = tmp_path / "state.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    assert load_checkpoint(folder, TrainState.new(FIELD, 1)) == Progress("static", 1)


def test_only_damaged_checkpoints_are_one_sentence(tmp_path):
    folder = JobFolder(tmp_path)
    (tmp_path / "state.safetensors").write_bytes(b"not a checkpoint")
    with pytest.raises(JobError, match="damaged.*begin the job anew"):
        load_checkpoint(folder, TrainState.new(FIELD, 0))


def test_a_checkpoint_that_is_not_finite_is_refused_and_the_one_before_stays(tmp_path):
    folder, scene = JobFolder(tmp_path), trained_scene()
    save_checkpoint(folder, scene, Progress("static", 1))
    with torch.no_grad():
        next(scene.field.parameters()).view(-1)[3] = float("nan")
    with pytest.raises(DivergedError, match=r"The checkpoint \(field\..*not finite"):
        save_checkpoint(folder, scene, Progress("static", 2))
    assert folder.progress() == Progress("static", 1) and not list(tmp_path.glob("*.part"))


def test_numbers_that_are_not_finite_count_as_damage(tmp_path):
    folder, path = JobFolder(tmp_path), tmp_path / "state.safetensors"
    save_checkpoint(folder, trained_scene(), Progress("static", 1))
    # As an older engine may have written it.
    with safe_open(path, "pt") as file:
        tensors, metadata = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()
    tensors["field.second"][0, 0] = float("nan")
    save_file(tensors, path, metadata)
    with pytest.raises(JobError, match="not finite"):
        load_checkpoint(folder, TrainState.new(FIELD, 0))
