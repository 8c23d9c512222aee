import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.contract.errors import ModelError
from engine.models.mvdream.config import MultiViewConfig, config_from
from engine.models.mvdream.layers import TransformerBlock
from engine.models.mvdream.unet import WEIGHTS, MultiViewUNet

WHOLE = "model.diffusion_model."
TINY = MultiViewConfig(
    image_size=8,
    model_channels=32,
    num_res_blocks=1,
    attention_resolutions=(1, 2),
    channel_mult=(1, 2),
    num_head_channels=16,
    context_dim=24,
)
# The keys of MVDream's own sd-v2-base.yaml and sd-v1.yaml.
SD_2 = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 320,
    "attention_resolutions": [4, 2, 1],
    "num_res_blocks": 2,
    "channel_mult": [1, 2, 4, 4],
    "num_head_channels": 64,
    "use_spatial_transformer": True,
    "use_linear_in_transformer": True,
    "transformer_depth": 1,
    "context_dim": 1024,
    "use_checkpoint": False,
    "legacy": False,
    "camera_dim": 16,
}
SD_1 = {key: value for key, value in SD_2.items() if key not in ("num_head_channels", "use_linear_in_transformer")}
SD_1 |= {"num_heads": 8, "context_dim": 768}


def tiny(config: MultiViewConfig = TINY, seed: int = 0) -> MultiViewUNet:
    """With every weight at random, norms' too."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MultiViewUNet(config).eval().requires_grad_(False)
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return model


def inputs(pictures: int, seed: int = 1) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        "noisy": torch.randn(pictures, 4, 8, 8, generator=generator),
        "timesteps": torch.randint(0, 1000, (pictures,), generator=generator),
        "states": torch.randn(pictures, 5, TINY.context_dim, generator=generator),
        "camera": torch.randn(pictures, 16, generator=generator),
    }


def in_diffusers_names(model: MultiViewUNet, layers: int) -> dict[str, Tensor]:
    """The weights as diffusers itself renames those of a latent diffusion model; it knows no cameras."""
    whole = {WHOLE + name: value for name, value in model.state_dict().items() if not name.startswith("camera_embed.")}
    return convert_ldm_unet_checkpoint(whole, {"layers_per_block": layers})


@pytest.mark.parametrize(
    ("config", "heads", "coarse"),
    [
        (TINY, (2, 4), "CrossAttn"),
        (replace(TINY, attention_resolutions=(1,), num_res_blocks=2, num_head_channels=-1, num_heads=4), 4, ""),
        (replace(TINY, transformer_depth=2), (2, 4), "CrossAttn"),
    ],
)
def test_one_view_whose_camera_says_nothing_is_denoised_as_by_diffusers(config, heads, coarse):
    model = tiny(config)
    model.camera_embed[2].weight.zero_()
    model.camera_embed[2].bias.zero_()
    other = UNet2DConditionModel(
        sample_size=config.image_size,
        block_out_channels=(32, 64),
        layers_per_block=config.num_res_blocks,
        down_block_types=("CrossAttnDownBlock2D", f"{coarse}DownBlock2D"),
        up_block_types=(f"{coarse}UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=config.context_dim,
        attention_head_dim=heads,
        transformer_layers_per_block=config.transformer_depth,
        use_linear_projection=True,
    ).eval()
    other.load_state_dict(in_diffusers_names(model, config.num_res_blocks))
    given = inputs(3)
    with torch.no_grad():
        expected = other(given["noisy"], given["timesteps"], given["states"]).sample
    denoised = model(**given, views=1)
    assert expected.std() > 0.1
    assert torch.allclose(denoised, expected, atol=1e-4)


def test_the_camera_is_added_to_the_time():
    model, given = tiny(), inputs(1)
    told = model(**given, views=1)
    of_camera = model.camera_embed(given["camera"])[0]
    model.camera_embed[2].weight.zero_()
    model.camera_embed[2].bias.zero_()
    assert not torch.allclose(model(**given, views=1), told, atol=1e-2)
    model.time_embed[2].bias.add_(of_camera)
    assert torch.allclose(model(**given, views=1), told, atol=1e-5)


def test_attention_reaches_over_the_views_of_a_group_and_words_are_for_each_view():
    groups, views, places, channels, heads = 2, 3, 4, 8, 2
    generator = torch.Generator().manual_seed(3)
    block = TransformerBlock(channels, 6, heads).requires_grad_(False)
    tokens = torch.randn(groups, views, places, channels, generator=generator)
    states = torch.randn(groups, views, 5, 6, generator=generator)

    def attend(attention, query: Tensor, context: Tensor) -> Tensor:
        """By the book, for one picture's tokens [places, channels] and what they see [others, width]."""
        width = channels // heads
        told = []
        for head in range(heads):
            rows = slice(head * width, (head + 1) * width)
            keys, values = context @ attention.to_k.weight[rows].T, context @ attention.to_v.weight[rows].T
            scores = (query @ attention.to_q.weight[rows].T) @ keys.T / width**0.5
            told.append(torch.softmax(scores, -1) @ values)
        return attention.to_out[0](torch.cat(told, -1))

    expected = torch.empty_like(tokens)
    for group in range(groups):
        seen = block.norm1(tokens[group]).reshape(views * places, channels)
        for view in range(views):
            one = tokens[group, view]
            one = one + attend(block.attn1, block.norm1(one), seen)
            one = one + attend(block.attn2, block.norm2(one), states[group, view])
            expected[group, view] = one + block.ff(block.norm3(one))
    assert torch.allclose(block(tokens.flatten(0, 1), states.flatten(0, 1), views), expected.flatten(0, 1), atol=1e-5)


def test_views_in_another_order_give_the_same_in_that_order():
    model, given = tiny(), inputs(8)
    order = torch.tensor([2, 0, 3, 1, 4, 5, 6, 7])
    denoised = model(**given, views=4)
    assert torch.allclose(model(**{key: value[order] for key, value in given.items()}, views=4), denoised[order], atol=1e-4)


def test_a_view_is_seen_by_its_own_group_alone():
    model, given = tiny(), inputs(4)
    changed = given | {"noisy": given["noisy"].clone()}
    changed["noisy"][0] += 1
    for views, reached in [(1, [True, False, False, False]), (2, [True, True, False, False]), (4, [True] * 4)]:
        moved = (model(**changed, views=views) - model(**given, views=views)).abs().amax((1, 2, 3))
        assert (moved > 1e-3).tolist() == reached
        assert all(moved[index] < 1e-5 for index in range(4) if not reached[index])


def test_at_full_size_names_and_shapes_are_those_of_stable_diffusion_and_the_camera():
    with torch.device("meta"):
        model = MultiViewUNet(config_from(SD_2, "sd-v2-base.yaml"))
        other = UNet2DConditionModel(cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20), use_linear_projection=True)
    assert model.config == MultiViewConfig()
    # Stable Diffusion 2.1 has 865 910 724 parameters.
    assert sum(value.numel() for value in other.parameters()) == 865_910_724
    assert sum(value.numel() for value in model.parameters()) == 865_910_724 + 16 * 1280 + 1280 * 1280 + 2 * 1280
    renamed = in_diffusers_names(model, 2)
    assert {name: value.shape for name, value in renamed.items()} == {
        name: value.shape for name, value in other.state_dict().items()
    }
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    published = {
        "camera_embed.0.weight": (1280, 16),
        "camera_embed.2.bias": (1280,),
        "time_embed.0.weight": (1280, 320),
        "input_blocks.0.0.weight": (320, 4, 3, 3),
        "input_blocks.1.0.emb_layers.1.weight": (320, 1280),
        "input_blocks.1.1.proj_in.weight": (320, 320),
        "input_blocks.3.0.op.weight": (320, 320, 3, 3),
        "input_blocks.4.0.skip_connection.weight": (640, 320, 1, 1),
        "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": (640, 1024),
        "middle_block.1.transformer_blocks.0.ff.net.0.proj.weight": (10240, 1280),
        "middle_block.2.out_layers.3.weight": (1280, 1280, 3, 3),
        "output_blocks.2.1.conv.weight": (1280, 1280, 3, 3),
        "output_blocks.3.0.skip_connection.weight": (1280, 2560, 1, 1),
        "output_blocks.5.2.conv.weight": (1280, 1280, 3, 3),
        "output_blocks.11.1.transformer_blocks.0.attn1.to_out.0.bias": (320,),
        "out.2.weight": (4, 320, 3, 3),
    }
    assert published.items() <= shapes.items()


def test_heads_given_by_number_are_as_many_at_every_level():
    config = config_from(SD_1, "sd-v1.yaml")
    assert [config.heads(channels) for channels in (320, 640, 1280)] == [8, 8, 8]
    assert [MultiViewConfig().heads(channels) for channels in (320, 640, 1280)] == [5, 10, 20]


@pytest.fixture
def folder(tmp_path) -> Path:
    tiny().save_pretrained(tmp_path / "unet")
    return tmp_path / "unet"


def test_what_was_saved_is_loaded_again(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", WEIGHTS]
    loaded = MultiViewUNet.from_pretrained(folder, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False)
    assert loaded.config == TINY and not loaded.training
    given = inputs(4)
    with torch.no_grad():
        assert torch.equal(loaded(**given, views=2), tiny()(**given, views=2))


def test_weights_of_another_type_are_computed_with_and_the_answer_is_of_the_inputs_type(folder):
    half = MultiViewUNet.from_pretrained(folder, torch_dtype=torch.bfloat16)
    assert {value.dtype for value in half.parameters()} == {torch.bfloat16}
    given = inputs(2)
    with torch.no_grad():
        denoised = half(**given, views=2)
    exact = tiny()(**given, views=2)
    assert denoised.dtype == torch.float32
    assert (denoised - exact).std() < 0.1 * exact.std()


def test_the_files_of_whole_models_and_of_convolutions_are_understood(folder):
    weights = {WHOLE + name: value for name, value in load_file(folder / WEIGHTS).items()}
    for name in [name for name in weights if name.endswith(("proj_in.weight", "proj_out.weight"))]:
        weights[name] = weights[name][:, :, None, None].contiguous()
    weights |= {"betas": torch.zeros(10), "first_stage_model.decoder.conv_in.weight": torch.zeros(4, 4)}
    (folder / WEIGHTS).unlink()
    save_file(weights, folder / "sd-v2.1-base-4view.safetensors")
    loaded = MultiViewUNet.from_pretrained(folder)
    for name, value in tiny().state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


def test_a_file_alone_is_taken_for_the_published_model(folder):
    with pytest.raises(ModelError, match="lacks weights of this model"):
        MultiViewUNet.from_pretrained(folder / WEIGHTS)


def changed_weights(folder: Path, change) -> None:
    weights = {name: value.clone() for name, value in load_file(folder / WEIGHTS).items()}
    change(weights)
    (folder / WEIGHTS).unlink()
    save_file(weights, folder / WEIGHTS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop("camera_embed.0.bias"), "lacks weights of this model .*camera_embed.0.bias"),
        (lambda weights: weights.update({"image_embed.latents": torch.zeros(1)}), "another model .*image_embed.latents"),
        (lambda weights: weights.update({"out.2.bias": torch.zeros(8)}), r"out.2.bias as \[8\].*makes it \[4\]"),
    ],
)
def test_weights_that_do_not_fit_are_named(folder, change, message):
    changed_weights(folder, change)
    with pytest.raises(ModelError, match=message):
        MultiViewUNet.from_pretrained(folder)


def test_files_that_are_missing_or_damaged_are_named(folder):
    weights = folder / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelError, match=f"{WEIGHTS} can't be read"):
        MultiViewUNet.from_pretrained(folder)
    weights.unlink()
    with pytest.raises(ModelError, match=f"holds no {WEIGHTS}"):
        MultiViewUNet.from_pretrained(folder)
    for text in ("{", "[]"):
        (folder / "config.json").write_text(text)
        with pytest.raises(ModelError, match="config.json is damaged"):
            MultiViewUNet.from_pretrained(folder)
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match="config.json is missing"):
        MultiViewUNet.from_pretrained(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"_class_name": "MultiViewUNetModel", "_diffusers_version": "0.25.0"},
        {"use_fp16": True, "dropout": 0.1, "num_heads": -1, "num_classes": None, "dims": 2, "ip_dim": 0, "ip_weight": 1.0},
    ],
)
def test_keys_that_change_nothing_are_passed_over(change):
    assert config_from(SD_2 | change, "config.json") == MultiViewConfig()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ip_dim": 16}, "ip_dim = 16"),
        ({"resblock_updown": True}, "resblock_updown"),
        ({"num_classes": "sequential"}, "num_classes"),
        ({"camera_dim": 12}, "camera_dim is 12"),
        ({"camera_dim": None}, "does not say camera_dim"),
        ({"channel_mult": 4}, "list of whole numbers"),
        ({"channel_mult": []}, "list of whole numbers"),
        ({"num_res_blocks": 0}, "whole number"),
        ({"context_dim": [1024]}, "whole number"),
        ({"model_channels": 100}, "multiple of 32"),
        ({"num_head_channels": 48}, "divide"),
        ({"num_head_channels": -1}, "Neither num_heads"),
        ({"frames": 8}, "'frames'"),
    ],
)
def test_configurations_of_other_networks_are_refused(folder, change, message):
    (folder / "config.json").write_text(json.dumps(SD_2 | change))
    with pytest.raises(ModelError, match=message):
        MultiViewUNet.from_pretrained(folder)


@pytest.mark.parametrize(
    ("change", "views", "message"),
    [
        ({}, 3, "groups of 3 views"),
        ({}, 0, "groups of 0 views"),
        ({"camera": torch.zeros(4, 12)}, 2, "cameras of 16 numbers"),
        ({"states": torch.zeros(1, 5, 24)}, 2, "as many timesteps"),
        ({"timesteps": torch.zeros(2)}, 2, "as many timesteps"),
        ({"noisy": torch.zeros(4, 4, 8, 7)}, 2, "divided by 2"),
    ],
)
def test_shapes_that_do_not_fit_are_told(change, views, message):
    with pytest.raises(ValueError, match=message):
        tiny()(**inputs(4) | change, views=views)
