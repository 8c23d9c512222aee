import pytest
import torch

from engine.config.stage import DistillationConfig
from engine.guidance import precision
from engine.guidance.built_in import VideoGuidance
from engine.guidance.text.encoders import encode_clip
from engine.guidance.text.prompts import encode_prompt
from engine.models.folder.loader import load_components
from engine.models.presets import PRIMITIVES_FOLDER
from engine.scene.cameras import Cameras


@pytest.mark.parametrize("native, half", [(True, torch.bfloat16), (False, None)])
def test_a_processor_uses_bfloat16_where_it_has_it(monkeypatch, native, half):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    assert precision.half_type(torch.device("cpu")) is half


def test_other_devices_stay_at_single_precision():
    assert precision.half_type(torch.device("mps")) is None and precision.half_type(torch.device("meta")) is None


def test_only_products_are_halved_within_it(monkeypatch):
    monkeypatch.setattr(precision, "half_type", lambda device: torch.bfloat16)
    matrix = torch.full((2, 2), 1.001)
    with precision.mixed_precision(matrix):
        # 1.001 is no bfloat16 number, its neighbours are 1 and 1.0078.
        assert (matrix @ torch.eye(2)).float()[0, 0] == 1.0
        assert (matrix + 0)[0, 0] == matrix[0, 0]
    assert (matrix @ torch.eye(2))[0, 0] == matrix[0, 0]


@pytest.mark.parametrize("role, size", [("image", 32), ("video", 32)])
def test_the_built_in_models_gradient_is_nearly_the_same(monkeypatch, role, size):
    components = load_components(PRIMITIVES_FOLDER / role)
    prompt = encode_prompt(encode_clip, components, "green duck jumping")
    guidance = VideoGuidance(components, DistillationConfig(guidance_scale=1.5, noise_start=0.6, noise_end=0.6))
    clips = torch.rand(1, 4, 3, size, size, generator=torch.Generator().manual_seed(1))
    gradients = []
    for half in (None, torch.bfloat16):
        monkeypatch.setattr(precision, "half_type", lambda device, half=half: half)
        draws = torch.Generator().manual_seed(2)
        camera, behind = Cameras(torch.tensor([0.4]), torch.tensor([0.3])), torch.full((1, 3), 0.5)
        gradients.append(guidance.gradient(clips, prompt, camera, 0.5, draws, background=behind))
    single, mixed = gradients
    assert mixed.dtype == torch.float32 and not torch.equal(single, mixed)
    assert float((single - mixed).norm() / single.norm()) < 0.02
