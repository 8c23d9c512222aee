"""The training recipe on a tiny model: it learns, it resumes where it was killed, and what it publishes can be loaded."""

from dataclasses import replace

import pytest
import torch

from engine.contract.vocabulary import Vocabulary
from engine.models.folder.loader import load_components
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.scene.cameras import Cameras
from scripts.training.toys import components, pool, train
from scripts.training.toys.evaluate import evaluate_upscaler, held_out_words, references
from scripts.training.toys.publish import publish
from scripts.training.toys.sample import sample

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
    run.train(images, 60, 8)
    assert error() < 0.8 * before


def test_batches_never_hold_what_is_held_out(images):
    names = (list(COLOURS), list(SHAPES), list(MOTIONS))
    batch = images.draw(200, torch.Generator().manual_seed(0))
    assert not any(pool.held_out(*(n.index(w) for n, w in zip(names, words, strict=True))) for words in batch.words)
    assert all(pool.held_out(*(n.index(w) for n, w in zip(names, words, strict=True))) for words in held_out_words())


def test_a_pool_of_clips_gives_frames_and_their_times(tmp_path):
    pool.make(tmp_path, 16, 1, ["sliding"], frames=4)
    pieces = pool.Pool(tmp_path, ["sliding"])
    batch = pieces.draw(40, torch.Generator().manual_seed(0))
    assert batch.images.shape == (40, 1, 3, 16, 16)
    assert set(batch.times.flatten().tolist()) == {0.125, 0.375, 0.625, 0.875}


def test_the_error_weighs_detail_more_than_its_size():
    """A checker inside blocks of two and a flat offset of the same mean square; expected sizes 1 and 1 / 9."""
    clean = torch.zeros(1, 1, 3, 4, 4)
    checker = torch.tensor([[1.0, -1], [-1, 1]]).repeat(2, 2)
    flat, detail = (train.balanced_error(clean + error, clean, 2) for error in (torch.ones(4, 4), checker))
    assert float(detail / flat) == pytest.approx(9, rel=1e-3)


VIDEO = replace(components.ROLES["video"], widths=ROLE.widths)


def test_the_placement_error_of_what_stands_still_is_how_far_the_world_moves(tmp_path):
    """Untaught, every body is at rest; of eight motions each has a mean squared distance of its own from that."""
    run = train.Run(VIDEO, tmp_path)
    times = (torch.arange(400) + 0.5) / 400
    expected = 0.0
    for motion in MOTIONS.values():
        centre, rotation, scale = motion(times)
        expected += (centre.square().sum() + (rotation - torch.eye(3)).square().sum() + scale.log().square().sum()) / 400 / 8
    errors = torch.stack([run._placement_error().detach() for _ in range(30)])
    # One prompt in ten is empty, and asks for rest.
    assert float(errors.mean()) == pytest.approx(0.9 * float(expected), rel=0.1)


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


def test_a_video_model_starts_as_the_image_model_it_is_made_from(tmp_path):
    image, video = train.Run(ROLE, tmp_path / "image", seed=3), train.Run(VIDEO, tmp_path / "video")
    train.start_from(image, video)
    # By the image's field of view, so that places mean the same.
    cameras = Cameras(torch.tensor([0.7]), torch.tensor([0.2]), fov=ROLE.fov)
    clip, states, background = torch.randn(1, 4, 3, 32, 32), torch.randn(1, 6, 128), torch.zeros(1, 3)
    with torch.no_grad():
        frames = video.denoiser(clip, torch.tensor([500]), states, cameras, background)
        pictures = [image.denoiser(clip[:, i, None], torch.tensor([500]), states, cameras, background) for i in range(4)]
    assert torch.allclose(frames, torch.cat(pictures, 1), atol=1e-4)


def test_the_rate_warms_up_stays_and_decays():
    assert train.schedule(0, 10_000) == pytest.approx(1 / train.WARM_UP)
    assert train.schedule(5_000, 10_000) == 1
    assert train.schedule(10_000, 10_000) == pytest.approx(0.02)


def test_an_upscaler_that_only_enlarges_is_measured_as_enlarging(tmp_path):
    run = train.Run(replace(components.ROLES["upscale"], widths=(16, 16, 16)), tmp_path)

    def enlarge(noisy, timesteps, states, cameras, background, low):
        return torch.nn.functional.interpolate(low.flatten(0, 1), size=64, mode="bilinear").view(noisy.shape)

    run.denoiser = enlarge
    measured = evaluate_upscaler(run, count=1)
    assert measured["psnr_once"] == pytest.approx(measured["psnr_bilinear"], abs=1e-3)
    assert measured["psnr"] == pytest.approx(measured["psnr_bilinear"], abs=0.2)
