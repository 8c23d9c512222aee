"""The training recipe on a tiny model: it learns, it resumes where it was killed, and what it publishes can be loaded."""

from dataclasses import replace

import pytest
import torch

from engine.guidance.vocabulary import Vocabulary
from engine.models.clip_denoiser import scene_channels
from engine.models.loader import load_components
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.scene.cameras import Cameras
from scripts.training import components, pool, train
from scripts.training.evaluate import held_out_words, references
from scripts.training.publish import publish
from scripts.training.sample import sample

ROLE = replace(components.ROLES["image"], widths=(16, 16, 16))


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> pool.Pool:
    folder = tmp_path_factory.mktemp("pool")
    pool.make(folder, 32, 3, ["still"], frames=1, fov=ROLE.fov)
    return pool.Pool(folder, ["still"], ROLE.fov)


def weights(run: train.Run) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in run.modules.parameters()]


def test_a_killed_run_goes_on_as_if_nothing_had_been(images, tmp_path):
    whole = train.Run(ROLE, tmp_path / "whole")
    whole.train(images, 4, 2)
    part = train.Run(ROLE, tmp_path / "part")
    part.train(images, 2, 2)
    again = train.Run(ROLE, tmp_path / "part", seed=9)
    assert again.step == 2
    again.train(images, 4, 2)
    assert again.step == whole.step == 4
    assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(whole), strict=True))
    resumed = train.Run(ROLE, tmp_path / "part", seed=9)
    assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(resumed), strict=True))
    assert torch.equal(again.generator.get_state(), resumed.generator.get_state())


def test_training_lowers_the_error(images, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "WARM_UP", 5)
    run = train.Run(ROLE, tmp_path)
    run.generator.manual_seed(3)
    batch = images.draw(16, run.generator)

    def error() -> float:
        run.generator.manual_seed(4)
        with torch.no_grad():
            return float(run._loss(batch))

    before = error()
    run.train(images, 30, 8)
    assert error() < 0.8 * before


def test_batches_never_hold_what_is_held_out(images):
    names = (list(COLOURS), list(SHAPES), list(MOTIONS))
    batch = images.draw(200, torch.Generator().manual_seed(0))
    assert not any(pool.held_out(*(n.index(w) for n, w in zip(names, words, strict=True))) for words in batch.words)
    assert all(pool.held_out(*(n.index(w) for n, w in zip(names, words, strict=True))) for words in held_out_words())


def test_a_pool_of_clips_gives_pieces(tmp_path):
    pool.make(tmp_path, 16, 1, ["sliding"], frames=4)
    whole = pool.Pool(tmp_path, ["sliding"]).draw(3, torch.Generator().manual_seed(0))
    piece = pool.Pool(tmp_path, ["sliding"], frames=1).draw(3, torch.Generator().manual_seed(0))
    assert whole.images.shape == (3, 4, 3, 16, 16) and piece.images.shape == (3, 1, 3, 16, 16)


def test_turns_come_twice_as_often(tmp_path):
    pool.make(tmp_path, 8, 1, ["still", "spinning"], frames=2)
    words = pool.Pool(tmp_path, ["still", "spinning"]).draw(600, torch.Generator().manual_seed(0)).words
    assert sum(motion == "spinning" for _, _, motion in words) == pytest.approx(400, abs=50)


def test_the_error_weighs_motion_more_where_there_is_less_of_it():
    def clips(motion: float) -> torch.Tensor:
        alternating = torch.tensor([1.0, -1.0]).view(1, 2, 1, 1, 1)
        return motion * alternating.expand(1, 2, 3, 4, 4)

    clean = torch.cat([clips(0.1), clips(0.2), clips(0.001)])
    offset = clips(0.05)
    errors = [train.balanced_error(clean + offset * (torch.arange(3) == i).view(3, 1, 1, 1, 1), clean, 4) for i in range(3)]
    # Mean squares of motion are .01, .04 and nearly none, .0167 on average: factors 1.67, 1 and the largest.
    assert float(errors[0] / errors[1]) == pytest.approx(5 / 3, rel=1e-3)
    assert float(errors[2] / errors[1]) == pytest.approx(train.MOST_MOTION_WEIGHT, rel=1e-3)
    still = torch.full((3, 2, 3, 4, 4), 0.05)
    assert float(train.balanced_error(clean + still, clean, 4)) == pytest.approx(
        float(train.balanced_error(clips(1.0) + still[:1], clips(1.0), 4)), rel=1e-3
    )


def test_what_is_published_loads_and_samples_alike(images, tmp_path):
    run = train.Run(ROLE, tmp_path / "run")
    cameras = images.draw(2, torch.Generator().manual_seed(1)).cameras
    first = sample(run, ["red ball still", "blue cube still"], cameras)
    assert first.shape == (2, 1, 3, 32, 32) and bool(first.isfinite().all())
    publish(run, tmp_path / "models")
    loaded = load_components(tmp_path / "models" / "image")
    for name, value in loaded["unet"].state_dict().items():
        assert torch.equal(value, run.denoiser.unet.state_dict()[name].float())
    assert Vocabulary.read(tmp_path / "models").objects.keys() == SHAPES.keys()


def test_references_hold_every_combination_once():
    run = type("Run", (), {"role": replace(ROLE, size=16)})
    names, clips = references(Cameras(torch.tensor([0.3]), torch.tensor([0.2]), fov=ROLE.fov), run)
    assert len(set(names)) == len(names) == len(COLOURS) * len(SHAPES)
    red, blue = names.index(("red", "cube", "still")), names.index(("blue", "cube", "still"))
    assert clips[red, 0, 0].mean() > clips[blue, 0, 0].mean()


def test_an_inflated_video_model_starts_from_the_image_standing_still(tmp_path):
    image = train.Run(ROLE, tmp_path / "image", seed=3)
    video = train.Run(replace(components.ROLES["video"], widths=ROLE.widths), tmp_path / "video")
    train.inflate(image, video)
    scene = scene_channels(components.PLACE_HARMONICS)
    channels = torch.randn(1, 192 + scene, 16, 16)
    channels[:, 12:192] = 0
    small = torch.cat([channels[:, :12], channels[:, 192:]], 1)
    states = torch.randn(1, 7, 128)
    with torch.no_grad():
        clip = video.denoiser.unet(channels, torch.tensor([500]), states).sample
        picture = image.denoiser.unet(small, torch.tensor([500]), states).sample
    assert torch.allclose(clip[:, :12], picture, atol=1e-4)
    assert not clip[:, 12:].any()


def test_the_rate_warms_up_stays_and_decays():
    assert train.schedule(0, 10_000) == pytest.approx(1 / train.WARM_UP)
    assert train.schedule(5_000, 10_000) == 1
    assert train.schedule(10_000, 10_000) == pytest.approx(0.02)
