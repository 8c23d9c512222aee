"""The picture recipe on a tiny model: it learns, goes on where it was killed, and what it keeps can be gone on from."""

import json

import pytest
import torch

from engine.models.folder.loader import load_components
from engine.models.picture_denoiser import PictureDenoiser
from scripts.training import components, motion, picture, sheets
from scripts.training.draws import Situation
from scripts.training.held_out import HeldOut
from scripts.training.shards import Pool, write_shard

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Pool:
    folder = tmp_path_factory.mktemp("pool")
    situations = [Situation("dog", "running", 0.2), Situation("fish", "resting", 0.0)]
    write_shard(folder / "shard_00000.safetensors", situations, 6, 0)
    return Pool(folder)


@pytest.fixture(scope="module")
def held_out(tmp_path_factory) -> HeldOut:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.training.held_out.SITUATIONS", 2)
        patch.setattr("scripts.training.held_out.CAMERAS", 1)
        return HeldOut(tmp_path_factory.mktemp("held_out"))


@pytest.fixture(scope="module")
def words() -> dict:
    torch.manual_seed(0)
    return {name: network.eval().requires_grad_(False) for name, network in motion.make().items()}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    def make() -> PictureDenoiser:
        small = {"widths": (16, 16, 16), "blocks": (1, 1, 1), "hidden": 32, "layout_channels": 4}
        denoiser = PictureDenoiser(width=components.WIDTH, tokens=components.TOKENS, **small)
        return denoiser.to(memory_format=torch.channels_last)

    monkeypatch.setattr(components, "make_denoiser", make)
    monkeypatch.setattr(sheets, "SHOWN", sheets.SHOWN[:1])
    monkeypatch.setattr(sheets, "STEPS", 2)
    monkeypatch.setattr(sheets, "MOMENTS", 2)


def weights(run: picture.Run) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in run.denoiser.parameters()]


def test_a_killed_run_goes_on_as_if_nothing_had_been(pool, held_out, words, tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "SAVE_EVERY", 2)
    monkeypatch.setattr(picture, "schedule", lambda step, steps, warm_from: 1.0)
    whole = picture.Run(tmp_path / "whole", words, CPU)
    whole.train(pool, held_out, 4, 2)
    part = picture.Run(tmp_path / "part", words, CPU)
    part.train(pool, held_out, 2, 2)
    again = picture.Run(tmp_path / "part", words, CPU, seed=9)
    assert again.step == 2
    again.train(pool, held_out, 4, 2)
    assert again.step == whole.step == 4
    assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(whole), strict=True))
    assert all(torch.equal(again.average[name], whole.average[name]) for name in whole.average)
    assert torch.equal(again.generator.get_state(), whole.generator.get_state())
    assert not list((tmp_path / "part").glob("*.part"))


def test_training_lowers_the_error(pool, held_out, words, tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "WARM_UP", 5)
    run = picture.Run(tmp_path, words, CPU)
    batch = pool.draw(12, torch.Generator().manual_seed(3))

    def error() -> float:
        run.generator.manual_seed(4)
        with torch.no_grad():
            return float(run._loss(batch))

    before = error()
    run.train(pool, held_out, 40, 8)
    assert error() < 0.8 * before
    lines = [json.loads(line) for line in (tmp_path / "losses.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "pairs" in line] == [40]
    assert (tmp_path / "sheet_000040.png").stat().st_size > 1000


def test_the_average_is_lent_and_given_back(words, tmp_path):
    run = picture.Run(tmp_path, words, CPU)
    mine = weights(run)
    run.average = {name: value + 1 for name, value in run.average.items()}
    with run.averaged():
        assert all(torch.equal(a, b + 1) for a, b in zip(weights(run), mine, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(weights(run), mine, strict=True))


def test_what_is_kept_loads_by_the_engines_loader_and_can_be_gone_on_from(pool, held_out, words, tmp_path, monkeypatch):
    work = tmp_path / "work"
    motion_folder = work / "motion"
    motion_folder.mkdir(parents=True)
    motion.write(words, motion_folder)
    run = picture.Run(work / "picture", words, CPU)
    run.train(pool, held_out, 3, 2)
    assert picture.write_model(work, tmp_path / "kept") == 3
    # Whoever may read a file that is made here may read all of them.
    (tmp_path / "usual").touch()
    written = [*(tmp_path / "kept").rglob("*.*"), work / "picture" / picture.STATE, motion_folder / motion.NETWORKS]
    assert {path.stat().st_mode for path in written} == {(tmp_path / "usual").stat().st_mode}
    loaded = load_components(tmp_path / "kept")
    assert set(loaded) == set(components.CLASSES)
    for name, value in loaded["unet"].named_parameters():
        assert torch.equal(value, run.average[name].half().float())
    fresh = motion.load_or_train(tmp_path / "fresh" / "motion", tmp_path / "kept")
    again = picture.Run(tmp_path / "fresh" / "picture", fresh, CPU, start=picture.checkpoint_of(tmp_path / "kept"))
    assert again.step == again.warm_from == 3
    assert all(torch.equal(a, run.average[name].half().float()) for name, a in again.denoiser.named_parameters())
    # The rate warms up again from there, and the step count goes on.
    again.train(pool, held_out, 4, 2)
    assert again.step == 4
    assert picture.Run(tmp_path / "fresh" / "picture", fresh, CPU).warm_from == 3


def test_a_folder_that_was_not_kept_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="was not written by --keep"):
        picture.checkpoint_of(tmp_path)
    assert picture.checkpoint_of(None) is None


def test_the_error_weighs_the_body_and_little_noise_more():
    """A flat error of 1 everywhere: the folded constant has one channel in four, of value 2; its weight is that of the mean."""
    clean, error = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    nowhere, everywhere = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    on_ground, on_body, under_little = (
        float(picture.weighted_error(error, clean, where, torch.tensor([sigma])))
        for where, sigma in ((nowhere, 1.0), (everywhere, 1.0), (nowhere, 0.1))
    )
    assert on_body / on_ground == pytest.approx(1.3 / 0.3, rel=1e-5)
    assert under_little / on_ground == pytest.approx(5, rel=1e-5)
    # Expected sizes 0.42 (1, 1/5, 1/5, 1/9): detail counts sqrt of 1, 5, 5, 9 over their mean.
    detail = torch.tensor([1, 5**0.5, 5**0.5, 3])
    assert on_ground == pytest.approx(0.3 * float(4 * detail[0] / detail.mean() / 4), rel=1e-4)


def test_the_rate_warms_up_stays_and_decays():
    assert picture.schedule(0, 10_000) == pytest.approx(1 / picture.WARM_UP)
    assert picture.schedule(4_000, 10_000) == 1
    assert picture.schedule(7_500, 10_000) == pytest.approx(0.5)
    assert picture.schedule(10_000, 10_000) == picture.FINAL_RATE
    assert picture.schedule(2_000, 10_000, warm_from=2_000) == pytest.approx(1 / picture.WARM_UP)
