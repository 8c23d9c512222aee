"""The shape of a multi-view U-Net: the keys that published configurations of MVDream's U-Net use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from engine.contract.errors import ModelError

# Numbers in a camera matrix of 4 x 4.
CAMERA_NUMBERS = 16
# Channels are normalised in this many groups.
GROUPS = 32

# Published keys that change neither the weights nor what is computed with them.
HARMLESS = (
    "dropout",
    "use_checkpoint",
    "use_fp16",
    "use_bf16",
    "legacy",
    "num_heads_upsample",
    "use_new_attention_order",
    # Projections are read as matrices or as 1 x 1 convolutions, which are the same numbers.
    "use_linear_in_transformer",
    # Of a picture given beside the words, which ip_dim 0 says there is not.
    "ip_weight",
    "ip_mode",
)
# Published keys that have to be there; the others have one usual value.
NEEDED = ("model_channels", "num_res_blocks", "attention_resolutions", "channel_mult", "context_dim", "camera_dim")
# Published keys that name another network when they have another value than this.
FIXED = {
    "dims": 2,
    "conv_resample": True,
    "num_classes": None,
    "adm_in_channels": None,
    "n_embed": None,
    "use_scale_shift_norm": False,
    "resblock_updown": False,
    "use_spatial_transformer": True,
    "num_attention_blocks": None,
    "disable_self_attentions": None,
    "disable_middle_self_attn": False,
    "ip_dim": 0,
    "with_ip": False,
}


@dataclass(frozen=True)
class MultiViewConfig:
    """Defaults are those of MVDream's `sd-v2.1-base-4view`. Raises ModelError where they make no network.

    image_size: height and width of the latents the model was trained on. model_channels: channels of the first level; each
    level has `channel_mult` times as many, and half the resolution of the one before. num_res_blocks: residual blocks
    of a level. attention_resolutions: how many times smaller than the input the levels with transformers are. Their heads
    are `num_head_channels` wide or, where that is -1, there are `num_heads` of them. transformer_depth: blocks of a
    transformer. context_dim: width of the text states. camera_dim: numbers a camera is given by.
    """

    image_size: int = 32
    in_channels: int = 4
    model_channels: int = 320
    out_channels: int = 4
    num_res_blocks: int = 2
    attention_resolutions: tuple[int, ...] = (4, 2, 1)
    channel_mult: tuple[int, ...] = (1, 2, 4, 4)
    num_heads: int = -1
    num_head_channels: int = 64
    transformer_depth: int = 1
    context_dim: int = 1024
    camera_dim: int = CAMERA_NUMBERS

    def __post_init__(self) -> None:
        if self.camera_dim != CAMERA_NUMBERS:
            raise ModelError(f"camera_dim is {self.camera_dim}, not {CAMERA_NUMBERS} as of a matrix. Choose another model.")
        if self.model_channels % GROUPS:
            raise ModelError(f"model_channels is {self.model_channels}, not a multiple of {GROUPS}. Choose another model.")
        share = self.num_head_channels if self.num_head_channels > 0 else self.num_heads
        if share < 1:
            raise ModelError("Neither num_heads nor num_head_channels says what attention is like. Choose another model.")
        if any(self.model_channels * factor % share for factor in self.channel_mult):
            raise ModelError(f"Attention can't divide this model's channels by {share}. Choose another model.")

    @property
    def coarsest(self) -> int:
        """How many times smaller than the input the last level is."""
        return 2 ** (len(self.channel_mult) - 1)

    def heads(self, channels: int) -> int:
        """Attention heads of a transformer of so many channels."""
        return channels // self.num_head_channels if self.num_head_channels > 0 else self.num_heads

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def config_from(values: Mapping[str, Any], source: str) -> MultiViewConfig:
    """The configuration that published `values` mean; `source` names them in errors.

    Keys with a leading underscore and harmless ones are passed over. Raises ModelError where a key is unknown, missing, of
    the wrong type, or names another network than this.
    """
    own = {field.name: field for field in fields(MultiViewConfig)}
    lacking = [name for name in NEEDED if values.get(name) is None]
    if lacking:
        raise ModelError(f"{source} does not say {lacking[0]}, so it is no camera-conditioned model. Choose another model.")
    taken: dict[str, Any] = {}
    for name, value in values.items():
        if name.startswith("_") or name in HARMLESS:
            continue
        if name in FIXED:
            if value != FIXED[name]:
                raise ModelError(f"{source} has {name} = {value!r}, which this engine does not have. Choose another model.")
        elif name not in own:
            raise ModelError(f"{source} has a key {name!r} that this engine does not know. Choose another model.")
        else:
            taken[name] = _checked(name, value, isinstance(own[name].default, tuple), source)
    # Published keys that give only the number of heads mean it.
    taken.setdefault("num_head_channels", -1)
    return MultiViewConfig(**taken)


def read_config(path: Path) -> MultiViewConfig:
    """The configuration in a config.json. Raises ModelError where it is missing, damaged or of another network."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing. Install the model again.") from error
    except (ValueError, OSError) as error:
        raise ModelError(f"{path} is damaged ({error}). Install the model again.") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path} is damaged (not an object). Install the model again.")
    return config_from(values, str(path))


def _checked(name: str, value: Any, several: bool, source: str) -> Any:
    """`value` as the field `name` holds it: a whole number, or a tuple of at least one."""
    numbers = value if several else [value]
    least = -1 if name.startswith("num_head") else 1
    listed = isinstance(numbers, list | tuple) and len(numbers) > 0
    if not listed or not all(type(number) is int and number >= least for number in numbers):
        what = "a list of whole numbers" if several else "a whole number"
        raise ModelError(f"{source} has {name} = {value!r}, which should be {what}. Choose another model.")
    return tuple(numbers) if several else value
