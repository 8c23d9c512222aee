import pytest
import torch

from engine.contract.errors import ModelError
from engine.models.presets import PRESETS
from engine.pipeline.memory import models as memory
from engine.pipeline.memory.models import model_need, peak_bytes
from tests.engine.guidance import public_models


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    for name in ("stable_diffusion", "deepfloyd", "wan", "modelscope", "latent_upscaler"):
        public_models.save(name, folder / name)
    return folder


def test_what_lives_at_once_is_counted_by_hand():
    def run():
        first = torch.empty(1000, device="meta")
        second = first * 2
        del first
        third = second + second
        return third.sum()

    # Two of 4000 bytes at a time, and the sum.
    assert peak_bytes(run) == 8004 or peak_bytes(run) == 8000


def test_weights_and_views_of_them_are_not_counted_as_made():
    layer = torch.nn.Linear(1000, 10, device="meta")
    given = torch.empty(2, 1000, device="meta")
    # The product is two rows of ten.
    assert peak_bytes(lambda: layer(given.view(2, 1000))) == 80


def test_attention_is_counted_without_the_matrix_of_all_pairs():
    def run():
        query = torch.empty(1, 2, 4096, 8, device="meta")
        return torch.nn.functional.scaled_dot_product_attention(query, query, query)

    assert peak_bytes(run) < 4 * query_bytes(4096)
    real = torch.rand(1, 2, 5, 8)
    whole = torch.nn.functional.scaled_dot_product_attention(real, real, real)
    assert whole.shape == real.shape and bool((whole != real * 0).any()), "the function is itself again afterwards"


def query_bytes(tokens):
    return 2 * tokens * 8 * 4


def test_weights_are_what_the_files_hold(models):
    need = model_need(str(models / "modelscope"), "video", "", 32, 16, half=False)
    network = public_models.video_unet()
    image = public_models.vae()
    count = sum(value.numel() for module in (network, image) for value in module.state_dict().values())
    assert need.weights == pytest.approx(4 * count / 1e9) and need.known
    exact = sum(value.numel() for value in image.state_dict().values())
    # All but the autoencoder.
    halved = model_need(str(models / "modelscope"), "video", "", 32, 16, half=True).weights
    assert halved == pytest.approx((2 * count + 2 * exact) / 1e9)
    text = sum(value.numel() for value in public_models.clip_encoder().state_dict().values())
    assert need.text == pytest.approx(4 * text / 1e9, rel=0.01)


def test_more_pictures_at_once_take_more_and_more_frames_of_a_clip_too(models):
    def working(name, role, frames=16, low=False):
        return model_need(str(models / name), role, "", 32, frames, True, low).working

    assert working("deepfloyd", "image") > 4 * working("deepfloyd", "image", low=True)
    assert working("modelscope", "video", 16) > 1.5 * working("modelscope", "video", 8)
    assert working("wan", "video", 17) > working("wan", "video", 5)


def test_wan_s_autoencoder_counts_in_full_precision_but_at_low_memory(models):
    usual, low = (model_need(str(models / "wan"), "video", "", 32, 17, True, low) for low in (False, True))
    exact = sum(value.numel() for value in public_models.wan().vae.state_dict().values())
    assert usual.weights - low.weights == pytest.approx(2 * exact / 1e9, rel=0.01)
    assert usual.working > 1.4 * low.working


def test_a_model_that_is_not_here_is_reckoned_by_the_catalogue():
    need = model_need("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "video", "", 64, 16, True)
    assert not need.known and need.weights == 11
    with pytest.raises(ModelError, match="neither as a folder nor fetched"):
        model_need("someone/something", "video", "", 64, 16, True)


def test_the_need_of_a_built_in_model_is_small():
    assert memory.model_need(PRESETS["primitives"].image, "image", "", 32, 1, False).weights < 0.1
