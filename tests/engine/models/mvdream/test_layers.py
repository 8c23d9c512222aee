"""The parts by themselves, with weights that say what comes out."""

import pytest
import torch

from engine.models.mvdream.layers import (
    Attention,
    Downsample,
    GatedProjection,
    ResBlock,
    SpatialTransformer,
    TransformerBlock,
    Upsample,
)


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        yield


def test_resolutions_are_halved_and_doubled():
    down, up = Downsample(2), Upsample(2)
    for convolution in (down.op, up.conv):
        torch.nn.init.dirac_(convolution.weight)
        torch.nn.init.zeros_(convolution.bias)
    features = torch.arange(32.0).view(1, 2, 4, 4)
    assert torch.equal(down(features), features[..., ::2, ::2])
    assert torch.equal(up(features), features.repeat_interleave(2, 2).repeat_interleave(2, 3))


@pytest.mark.parametrize("channels", [32, 64])
def test_a_residual_block_that_adds_nothing_is_its_skip_connection(channels):
    block = ResBlock(32, channels, 8)
    torch.nn.init.zeros_(block.out_layers[3].weight)
    torch.nn.init.zeros_(block.out_layers[3].bias)
    features = torch.randn(2, 32, 4, 4)
    assert torch.equal(block(features, torch.randn(2, 8)), block.skip_connection(features))
    assert torch.equal(block.skip_connection(features), features) == (channels == 32)


def test_a_residual_block_hears_of_time_and_camera_picture_by_picture():
    # Two channels a group of the norm behind it, which would take away what is the same in all of a group.
    block, features = ResBlock(64, 64, 8), torch.randn(1, 64, 4, 4).expand(2, -1, -1, -1)
    out = block(features, torch.tensor([[1.0] * 8, [-1.0] * 8]))
    assert not torch.allclose(out[0], out[1], atol=1e-3)
    assert torch.allclose(*block(features, torch.ones(2, 8)), atol=1e-6)


def test_attention_to_one_token_is_that_token_s_value():
    attention, context = Attention(8, 6, heads=2), torch.randn(2, 1, 6)
    expected = attention.to_out(attention.to_v(context)).expand(-1, 5, -1)
    assert torch.allclose(attention(torch.randn(2, 5, 8), context), expected, atol=1e-6)


def test_attention_by_hand():
    attention = Attention(4, 4, heads=2)
    for projection in (attention.to_q, attention.to_k, attention.to_v, attention.to_out[0]):
        projection.weight.copy_(torch.eye(4))
    attention.to_out[0].bias.zero_()
    tokens, context = torch.randn(1, 3, 4), torch.randn(1, 2, 4)
    halves = []
    for part in (slice(0, 2), slice(2, 4)):
        weights = (tokens[0, :, part] @ context[0, :, part].T / 2**0.5).softmax(-1)
        halves.append(weights @ context[0, :, part])
    assert torch.allclose(attention(tokens, context)[0], torch.cat(halves, 1), atol=1e-6)


def test_a_closed_gate_lets_nothing_through():
    gated = GatedProjection(4, 3)
    gated.proj.weight.zero_()
    gated.proj.bias.copy_(torch.tensor([1.0, 2.0, 3.0, -9.0, 0.0, 9.0]))
    # GELU is 0 far below zero and at it, and the identity far above.
    assert gated(torch.randn(2, 4))[0].tolist() == pytest.approx([0, 0, 27], abs=1e-5)


def test_places_attend_to_all_views_of_their_own_group_alone():
    block, states = TransformerBlock(32, 8, 4), torch.zeros(4, 3, 8)
    tokens = torch.randn(4, 5, 32)
    changed = tokens.clone()
    changed[1] += torch.randn(5, 32)
    moved = (block(tokens, states, views=2) - block(changed, states, views=2)).abs().amax((1, 2)) > 1e-4
    assert moved.tolist() == [True, True, False, False]
    alone = (block(tokens, states, views=1) - block(changed, states, views=1)).abs().amax((1, 2)) > 1e-4
    assert alone.tolist() == [False, True, False, False]


def test_a_spatial_transformer_is_added_to_the_picture():
    transformer = SpatialTransformer(32, 8, heads=2, depth=2)
    features = torch.randn(2, 32, 3, 5)
    assert transformer(features, torch.zeros(2, 4, 8), views=2).shape == features.shape
    transformer.proj_out.weight.zero_()
    transformer.proj_out.bias.copy_(torch.arange(32.0))
    added = transformer(features, torch.zeros(2, 4, 8), views=2) - features
    assert torch.allclose(added, torch.arange(32.0).view(1, -1, 1, 1).expand_as(added), atol=1e-4)
