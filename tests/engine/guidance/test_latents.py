import pytest
import torch

from engine.guidance import latents
from engine.guidance.latents import CausalLatentSpace, LatentSpace, PixelSpace, wan_encode
from tests.engine.guidance import public_models

GENERATOR = torch.Generator().manual_seed(0)


def test_pixels_are_only_scaled():
    pictures = torch.rand(2, 3, 4, 4)
    assert torch.equal(PixelSpace().encode(pictures), pictures * 2 - 1)
    assert torch.equal(PixelSpace().vjp(pictures, pictures), 2 * pictures)


@pytest.mark.parametrize("at_once", [32 * 32, 3 * 32 * 32])
def test_a_gradient_of_latents_comes_back_as_autograd_has_it(monkeypatch, at_once):
    monkeypatch.setattr(latents, "PIXELS_PER_CALL", at_once)
    torch.manual_seed(0)
    latent = LatentSpace(public_models.vae().eval())
    assert latent.factor == 2
    pictures = torch.rand(2, 2, 3, 32, 32, generator=GENERATOR, requires_grad=True)
    flat = latent._encode(pictures.flatten(0, 1))
    wanted = torch.randn(flat.shape, generator=GENERATOR)
    expected = torch.autograd.grad(flat, pictures, wanted)[0]
    clean = latent.encode(pictures.detach())
    assert torch.allclose(clean.flatten(0, 1), flat, atol=1e-5)
    back = latent.vjp(pictures.detach(), wanted.unflatten(0, (2, 2)))
    assert torch.allclose(back, expected, atol=1e-5)


def test_wan_is_encoded_in_groups_as_it_encodes_itself():
    torch.manual_seed(0)
    vae = public_models.wan().vae.eval().requires_grad_(False)
    video = torch.rand(1, 3, 9, 32, 32, generator=GENERATOR).requires_grad_()
    moments = wan_encode(vae, video)
    whole = vae._encode(video)
    assert moments.shape[2] == 3 and torch.allclose(moments, whole, atol=1e-5)
    wanted = torch.randn(moments.shape, generator=GENERATOR)
    ours, theirs = (torch.autograd.grad(value, video, wanted)[0] for value in (moments, whole))
    assert torch.allclose(ours, theirs, atol=1e-5)
    # What comes later can't be seen: the first latent frame depends on the first frame alone.
    assert CausalLatentSpace(vae).encode(video.detach().transpose(1, 2)).shape == (1, 3, 16, 4, 4)
