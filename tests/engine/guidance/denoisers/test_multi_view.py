from types import SimpleNamespace

import pytest
import torch

from engine.guidance.denoisers.multi_view import VIEWS, MultiView
from engine.guidance.denoisers.mvdream_camera import camera_matrices
from engine.guidance.text.encoders import TextStates
from engine.models.mvdream.config import MultiViewConfig
from engine.scene.cameras import Cameras
from tests.engine.guidance import public_models

CAMERAS = Cameras(torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.1, 0.2, 0.3]))


@pytest.fixture
def denoiser() -> MultiView:
    unet = SimpleNamespace(config=MultiViewConfig(image_size=8))
    return MultiView({"unet": unet, "vae": public_models.vae(), "scheduler": public_models.DDIMScheduler()})


def test_it_is_shown_views_of_one_object_together(denoiser):
    assert denoiser.views_per_batch == VIEWS == 4 and denoiser.knows_cameras
    assert denoiser.size == 16 and denoiser.model_frames(torch.rand(4, 1, 3, 40, 40)).shape == (4, 3, 16, 16)


def test_captions_end_as_those_of_its_training_did(denoiser):
    assert denoiser.recipe.prompt_suffix == ", 3d asset" and denoiser.recipe.distillation.guidance_scale == 50


def test_it_is_conditioned_on_the_cameras(denoiser):
    given = denoiser.conditions(CAMERAS, None, torch.Generator())
    assert set(given) == {"camera"} and torch.equal(given["camera"], camera_matrices(CAMERAS))


@pytest.mark.parametrize("views", [4, 3])
def test_all_pictures_of_a_call_are_one_group(denoiser, views):
    noisy, text = torch.randn(views, 4, 8, 8), TextStates(torch.zeros(views, 5, 8))
    camera = torch.rand(views, 16, dtype=torch.float64)

    def network(pictures, timesteps, states, cameras, views):
        assert cameras.dtype == torch.float32 and torch.allclose(cameras.double(), camera) and states is text.states
        return pictures * views

    denoiser.network = network
    assert torch.equal(denoiser(noisy, torch.zeros(views), text, {"camera": camera}), noisy * views)
