"""A scorer of clips against prompts, as CLIP is for photographs: two towers that meet in one space.

It is trained apart from the guiding models (`scripts/training/toys/scorer.py`), with a text tower of its own, so that what
pleases those does not please it by construction. It knows nothing of the camera.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.contract.errors import ModelError
from engine.files import write_text, written_aside

SIZE, FRAMES = 32, 16


@dataclass(frozen=True)
class ScorerShape:
    """words: the vocabulary, in the order of the embedding's rows. channels: of the picture tower's first layer.
    width: of a frame's and a prompt's hidden states. space: dimensions of the common space."""

    words: tuple[str, ...]
    channels: int = 24
    width: int = 128
    space: int = 64


class Scorer(nn.Module):
    """Cosines between clips [clips, FRAMES, 3, SIZE, SIZE] in [0, 1] and prompts in the built-in models' words."""

    def __init__(self, shape: ScorerShape) -> None:
        super().__init__()
        self.shape = shape
        c, width = shape.channels, shape.width
        self.picture = nn.Sequential(
            nn.Conv2d(3, c, 3, 2, 1), nn.ReLU(), nn.Conv2d(c, 2 * c, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(2 * c, 4 * c, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * c * (SIZE // 8) ** 2, width), nn.ReLU(),
        )  # fmt: skip
        # Clips loop, and so do these over time.
        self.time = nn.Sequential(
            nn.Conv1d(width, width, 3, padding=1, padding_mode="circular"), nn.ReLU(),
            nn.Conv1d(width, width, 3, padding=2, dilation=2, padding_mode="circular"), nn.ReLU(),
        )  # fmt: skip
        self.clip_head = nn.Linear(2 * width, shape.space)
        self.embed = nn.EmbeddingBag(len(shape.words), width, mode="sum")
        self.text_head = nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, shape.space))

    def clips(self, clips: Tensor) -> Tensor:
        """Unit vectors of clips, [clips, space]."""
        frames = self.picture(clips.flatten(0, 1) * 2 - 1).unflatten(0, clips.shape[:2])
        over_time = self.time(frames.transpose(1, 2))
        both = torch.cat([over_time.mean(-1), over_time.amax(-1)], 1)
        return nn.functional.normalize(self.clip_head(both), dim=-1)

    def prompts(self, prompts: list[str]) -> Tensor:
        """Unit vectors of prompts, [prompts, space]. Raises ModelError for a word that the scorer does not know."""
        number = {word: index for index, word in enumerate(self.shape.words)}
        words = [prompt.split() for prompt in prompts]
        unknown = {word for each in words for word in each} - number.keys()
        if unknown:
            raise ModelError(f"The scorer does not know {', '.join(sorted(unknown))}: it knows {', '.join(self.shape.words)}.")
        device = self.embed.weight.device
        rows = torch.tensor([number[word] for each in words for word in each], device=device)
        starts = torch.tensor([0, *(len(each) for each in words[:-1])], device=device).cumsum(0)
        return nn.functional.normalize(self.text_head(self.embed(rows, starts)), dim=-1)


def save_scorer(scorer: Scorer, folder: Path) -> None:
    """Writes config.json and half-precision model.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "config.json", json.dumps(asdict(scorer.shape), indent=1) + "\n")
    with written_aside(folder / "model.safetensors") as part:
        save_file({name: value.half().contiguous() for name, value in scorer.state_dict().items()}, part)


def load_scorer(folder: Path) -> Scorer:
    """The scorer in `folder`, in evaluation mode. Raises ModelError where it is missing or damaged."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        scorer = Scorer(ScorerShape(**{**config, "words": tuple(config["words"])}))
        scorer.load_state_dict({name: value.float() for name, value in load_file(folder / "model.safetensors").items()})
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise ModelError(f"The scorer in {folder} can't be read ({reason}). Install the engine again.") from error
    return scorer.eval().requires_grad_(False)
