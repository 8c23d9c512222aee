import json
from dataclasses import replace

import pytest

from engine.contract.errors import ModelError
from engine.models.mvdream.config import NEEDED, MultiViewConfig, config_from, read_config

PUBLISHED = {
    "image_size": 32, "in_channels": 4, "out_channels": 4, "model_channels": 320, "attention_resolutions": [4, 2, 1],
    "num_res_blocks": 2, "channel_mult": [1, 2, 4, 4], "num_head_channels": 64, "use_spatial_transformer": True,
    "use_linear_in_transformer": True, "transformer_depth": 1, "context_dim": 1024, "use_checkpoint": True, "legacy": False,
    "camera_dim": 16, "_class_name": "MultiViewUNetModel",
}  # fmt: skip


def test_mvdream_s_own_configuration_is_the_default():
    assert config_from(PUBLISHED, "here") == MultiViewConfig()


def test_a_number_of_heads_alone_is_meant():
    values = {name: value for name, value in PUBLISHED.items() if name != "num_head_channels"} | {"num_heads": 8}
    config = config_from(values, "here")
    assert config.num_head_channels == -1 and config.heads(320) == config.heads(1280) == 8
    assert MultiViewConfig().heads(640) == 10


def test_each_level_halves_the_one_before():
    assert MultiViewConfig().coarsest == 8 and MultiViewConfig(channel_mult=(1,)).coarsest == 1


@pytest.mark.parametrize("name", NEEDED)
def test_what_has_to_be_said_is_missed(name):
    for values in ({**PUBLISHED, name: None}, {key: value for key, value in PUBLISHED.items() if key != name}):
        with pytest.raises(ModelError, match=f"here does not say {name}"):
            config_from(values, "here")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ip_dim": 16}, "ip_dim = 16, which this engine does not have"),
        ({"use_scale_shift_norm": True}, "use_scale_shift_norm = True"),
        ({"colour": 1}, "a key 'colour' that this engine does not know"),
        ({"model_channels": "320"}, "model_channels = '320', which should be a whole number"),
        ({"model_channels": True}, "should be a whole number"),
        ({"num_res_blocks": 0}, "should be a whole number"),
        ({"channel_mult": []}, "should be a list of whole numbers"),
        ({"channel_mult": 4}, "should be a list of whole numbers"),
        ({"attention_resolutions": [4, 0]}, "should be a list of whole numbers"),
    ],
)
def test_another_network_is_refused(changes, said):
    with pytest.raises(ModelError, match=f"here has .*{said}"):
        config_from(PUBLISHED | changes, "here")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"camera_dim": 12}, "camera_dim is 12, not 16"),
        ({"model_channels": 48}, "not a multiple of 32"),
        ({"num_head_channels": -1}, "Neither num_heads nor num_head_channels"),
        ({"num_head_channels": 96}, "can't divide this model's channels by 96"),
    ],
)
def test_numbers_that_make_no_network_are_refused(changes, said):
    with pytest.raises(ModelError, match=said):
        replace(MultiViewConfig(), **changes)


def test_a_configuration_comes_back_from_its_file(tmp_path):
    config = MultiViewConfig(image_size=8, model_channels=64, channel_mult=(1, 2), num_head_channels=32)
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    assert read_config(tmp_path / "config.json") == config


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_missing_or_damaged_file_is_one_sentence(tmp_path, content):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError, match="config.json is (missing|damaged).*Install the model again"):
        read_config(tmp_path / "config.json")
