"""What the stand-ins know: objects, colours and motions, and the text that says so as each public class is asked.

The engine puts a class's suffix behind a prompt and, where the class does not know cameras, a view word behind that; captions
in training end as prompts will. No text at all, or the class's negative prompt, stands for any picture: that is what
classifier-free guidance leads away from.
"""

from __future__ import annotations

import torch

from engine.config.recipes import MVDREAM, STABLE_DIFFUSION, WAN, Recipe
from engine.guidance.text.prompts import VIEWS, view_weights
from engine.models.world.words.lexicon import RESTING, STILL, Words, natural

COLOURS = ("red", "green", "blue", "yellow")
TOYS = ("ball", "cube", "cone", "duck", "mushroom", "snowman")
# Each with the limb motion that it is shown in.
BENDING = {
    "dog": "running", "horse": "running", "bird": "flying", "butterfly": "flying", "fish": "swimming", "person": "waving",
}  # fmt: skip
OBJECTS = (*TOYS, *BENDING)
# Of everything there is, so that it fills more of few pixels; no prompt says it.
SIZE = "large"
WHOLE = ("bouncing", "sliding", "spinning")
RECIPES: dict[str, Recipe] = {"image": STABLE_DIFFUSION, "multi_view": MVDREAM, "video": WAN}
KNOWS_CAMERAS = ("multi_view",)
# Of captions that say nothing.
SILENT = 0.12
# Judged: every motion, every colour, toys and bodies that bend.
JUDGED = (
    ("red", "ball", "bouncing"), ("yellow", "duck", "sliding"), ("blue", "cube", "spinning"), ("green", "cone", "bouncing"),
    ("red", "dog", "running"), ("blue", "bird", "flying"), ("yellow", "fish", "swimming"), ("green", "person", "waving"),
)  # fmt: skip


def motions_of(name: str) -> tuple[str, ...]:
    """What an object is shown doing, standing still first."""
    return (STILL, *WHOLE) if name in TOYS else (STILL, BENDING[name], "sliding")


def words_of(colour: str, name: str, motion: str) -> Words:
    """The world's words for a colour, an object and one of its motions. Raises ValueError for another motion."""
    if motion not in motions_of(name):
        raise ValueError(f"no stand-in is shown a {name} {motion}")
    limb, whole = (motion, STILL) if motion not in (STILL, *WHOLE) else (RESTING, motion)
    return Words(*natural(name, colour), name, limb, whole, SIZE)


def prompt_of(colour: str, name: str, motion: str) -> str:
    """As a person would type it."""
    return f"a {colour} {name}" + ("" if motion == STILL else f" {motion}")


def caption(
    role: str, colour: str, name: str, motion: str, azimuth: float, elevation: float, generator: torch.Generator
) -> str:
    """What a picture is called in training, or nothing in SILENT of the draws. azimuth, elevation: of the camera, radians; a
    view word is drawn with the weight that the engine gives it there."""
    recipe = RECIPES[role]
    if float(torch.rand(1, generator=generator)) < SILENT:
        return recipe.negative_prompt if float(torch.rand(1, generator=generator)) < 0.5 else ""
    text = prompt_of(colour, name, motion) + recipe.prompt_suffix
    if role in KNOWS_CAMERAS:
        return text
    weights = view_weights(torch.tensor([azimuth]), torch.tensor([elevation]))[0].clamp(min=0)
    return f"{text}, {VIEWS[int(torch.multinomial(weights, 1, generator=generator))]}"


def vocabulary(role: str) -> list[str]:
    """Every word that a role's captions and prompts can hold, punctuation too, in a fixed order."""
    recipe = RECIPES[role]
    motions = dict.fromkeys(motion for name in OBJECTS for motion in motions_of(name) if motion != STILL)
    texts = ["a", *COLOURS, *OBJECTS, *motions, *VIEWS, recipe.prompt_suffix, recipe.negative_prompt]
    spaced = (text.replace(",", " , ").split() for text in texts)
    return list(dict.fromkeys([",", *(word for words in spaced for word in words)]))
