"""Devices and number formats: nothing lands on the wrong one.

No accelerator is needed: PyTorch's device "meta" holds no numbers, but refuses to be mixed with another, as real ones do.
"""

import pytest
import torch

from engine.config.field import FieldConfig
from engine.config.stage import DistillationConfig
from engine.guidance.built_in import VideoGuidance
from engine.guidance.text.encoders import TextStates
from engine.guidance.text.prompts import EncodedPrompt
from engine.models.folder.loader import load_components
from engine.pipeline.device import DeviceError, find_device
from engine.scene.cameras import Cameras, moving_cameras
from engine.scene.field import Field
from engine.scene.mlp_field import MlpField
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render
from engine.stages.regularisers import time_smoothness, total_variation

SHAPE = FieldConfig((6, 12), times=4, channels=4, hidden=8)
ACCELERATOR = "meta"


@pytest.mark.parametrize("kind", [Field, MlpField])
@pytest.mark.parametrize("moving", [False, True])
def test_a_field_and_its_gradients_stay_on_its_device(kind, moving):
    field = kind(SHAPE, torch.Generator().manual_seed(0)).to(ACCELERATOR)
    points = torch.rand((3, 50, 3) if moving else (50, 3), device=ACCELERATOR)
    times = torch.rand(3, device=ACCELERATOR)
    density, colour = (field.at if moving else field)(points, times)
    assert density.device == colour.device == field.device == torch.device(ACCELERATOR)
    (density.sum() + colour.sum() + total_variation(field) + time_smoothness(field)).backward()
    assert all(p.grad is None or p.grad.device == field.device for p in field.parameters())


def test_occupancy_stays_on_its_device():
    field, occupancy = Field(SHAPE, torch.Generator().manual_seed(0)).to(ACCELERATOR), Occupancy(8)
    times = torch.rand(4, device=ACCELERATOR)
    occupancy.update(field, times)
    points = torch.rand(5, 7, 3, device=ACCELERATOR)
    assert occupancy.bits.device == occupancy.lookup(points, 4).device == times.device
    assert occupancy.hidden(points, torch.ones(5, 1, device=ACCELERATOR), 4, 1e-3).device == times.device


def test_cameras_move_with_their_rays():
    still = Cameras(torch.rand(2), torch.rand(2))
    for cameras in (still, moving_cameras(still, 3, (1.0, 0.5), (-0.3, 1.0), torch.Generator().manual_seed(0))):
        assert all(value.device == torch.device(ACCELERATOR) for value in cameras.to(ACCELERATOR).rays(4, 4))


@pytest.mark.parametrize("moves", [False, True])
def test_guidance_stays_on_the_device_of_the_frames(tiny_models, moves):
    components = load_components(tiny_models / "video")
    for name in ("unet", "pose_encoder", "motion_encoder"):
        components[name].to(ACCELERATOR)
    generator, states = torch.Generator().manual_seed(0), torch.rand(1, 6, components["pose_encoder"].config.width)
    guidance = VideoGuidance(components, DistillationConfig(guidance_scale=3.0 if moves else 1.0))
    cameras = Cameras(torch.rand(1), torch.rand(1))
    if moves:
        cameras = moving_cameras(cameras, 16, (1.0, 0.5), (-0.3, 1.0), generator)
    clips, times, background, states = (
        value.to(ACCELERATOR) for value in (torch.rand(1, 16, 3, 32, 32), torch.rand(16), torch.rand(1, 3), states)
    )
    prompt = EncodedPrompt(TextStates(states), TextStates(states))
    gradient = guidance.gradient(clips, prompt, cameras.to(ACCELERATOR), 0.5, generator, background=background, times=times)
    assert gradient.device == clips.device and gradient.shape == clips.shape


def test_the_number_format_is_that_of_the_field():
    field = Field(SHAPE, torch.Generator().manual_seed(0))
    times, views = torch.tensor([0.3, 0.8]), Cameras(torch.tensor([0.4]), torch.tensor([0.2]))
    view = View(views, times, 9, 24, torch.full((1, 3), 0.3))
    single = render(field, Occupancy(), view)[0]
    exact = Cameras(views.azimuth.double(), views.elevation.double())
    double = render(field.double(), Occupancy(), View(exact, times.double(), 9, 24, torch.full((1, 3), 0.3).double()))[0]
    assert double.dtype == torch.float64
    assert single == pytest.approx(double, abs=1e-5)


def test_a_device_that_is_not_here_is_one_sentence():
    assert find_device("cpu") == torch.device("cpu")
    with pytest.raises(DeviceError, match="choose cpu or cuda or mps"):
        find_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="or choose the CPU"):
            find_device("cuda")
