"""Settings on the scene (`scene.mav3d`) and the recipe on a result (`object.mav3d`).

Defaults, limits and choices of a request's settings are the contract's.
"""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..common.contract import prompt, request
from ..controller.pace import REPEAT_ITEMS
from ..controller.request import default_of

# By choice: its number in .blend files, which never changes, its label and its tooltip. Others than these are not offered.
PRESETS = {
    "primitives": (0, "Primitives", "Small models that are built in: offline, on any computer, simple objects"),
    "creatures": (4, "Creatures", "Built-in models of animals and things that bend, still in training: with bones"),
    "paper": (1, "Paper", "Public models closest to the paper's, for research alone: a graphics card, and 45 GB to fetch"),
    "open": (2, "Open", "Public models whose licenses allow commercial work: a graphics card, and 33 GB to fetch"),
    "custom": (3, "Custom", "Models of your own choice, named below under Models"),
}
QUALITIES = {
    "draft": (0, "Draft", "Under a minute on two cores; without the super-resolution stage"),
    "standard": (1, "Standard", "One to two minutes on two cores"),
    "high": (2, "High", "Some minutes on two cores; finer surface and texture"),
    "paper": (3, "Paper", "The paper's own numbers of steps: meant for public models on a GPU"),
}
TOPOLOGIES = {
    "auto": (0, "Automatic", "One mesh with shape keys where it can follow the motion, else one mesh per frame"),
    "fixed": (1, "One Mesh", "One mesh with a shape key per frame, however well it follows the motion"),
    "rigged": (3, "Armature", "One mesh that bones move; the motion of the whole body is the armature's own keys"),
    "per-frame": (2, "One Mesh per Frame", "A separate mesh in every frame, shown by one object"),
}
MEMORY = {
    "auto": (0, "Automatic", "Low where the models fit no other way"),
    "low": (1, "Low", "One model on the graphics card at a time: slower, for smaller cards"),
}
RATES = [
    ("KEEP", "Original Speed", "Spread over the scene's frames so that the clip plays at its own speed"),
    ("EVERY", "Frame by Frame", "One frame of the clip in every frame of the scene"),
    ("SCENE", "Set Scene Rate", "Set the scene's frame rate and range to the clip's"),
]
ORIGINS = [
    ("BOTTOM", "Bottom", "On the floor, where the object stands"),
    ("CENTER", "Center", "In the middle of the object; it stands on the floor all the same"),
]
# A path may be relative to the .blend; before 4.5 no option said so.
RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
MODEL = "A folder, or an id of the Hugging Face hub; empty for the preset's own"
GUIDANCE = "Guidance scale: how closely the {} follows the prompt; 0 for the quality's own"
STEPS = "Steps of the {} stage; 0 for the quality's own"


def _choice(name: str, label: str, description: str, texts: dict[str, tuple[int, str, str]], upper: bool = True) -> Any:
    """An enum of a setting's choices."""

    def identifier(choice: str) -> str:
        return choice.upper().replace("-", "_") if upper else choice

    known = [(choice, *texts[choice]) for choice in request.SETTINGS[name].choices if choice in texts]
    items = [(identifier(choice), text, tooltip, number) for choice, number, text, tooltip in known]
    return EnumProperty(name=label, description=description, items=items, default=identifier(default_of(name)))


def _number(name: str, label: str, description: str, whole: bool = False) -> Any:
    """A number with a setting's limits; 0 where the engine chooses. whole: the panel offers whole numbers alone."""
    setting = request.SETTINGS[name]
    if whole or setting.kind == "integer":
        limits = {"min": int(setting.low), "max": int(setting.high)}
        return IntProperty(name=label, description=description, default=default_of(name) or 0, **limits)
    return FloatProperty(
        name=label, description=description, default=default_of(name) or 0.0, min=setting.low, max=setting.high
    )


class MAV3D_PG_settings(bpy.types.PropertyGroup):
    """The settings of the panel. Those of a request have its names."""

    prompt: StringProperty(
        name="Prompt",
        description='What to make and how it moves, such as "a red ball bouncing"',
        options={"TEXTEDIT_UPDATE"},
        maxlen=prompt.MAX_CHARACTERS,
    )
    preset: _choice("preset", "Models", "Which models to use", PRESETS, upper=False)
    quality: _choice("quality", "Quality", "How long to optimize, and how fine the result is", QUALITIES)
    seed: _number("seed", "Seed", "The same seed and settings give the same result on one computer")
    random_seed: BoolProperty(name="Random Seed", description="Draw a new seed for every run, and show it", default=False)
    topology: _choice("topology", "Topology", "How the motion is stored", TOPOLOGIES)
    frames: _number("frames", "Frames", "Number of frames in the clip")
    # Whole, as it has been in .blend files from the first: Blender drops a value whose type has changed.
    fps: _number("fps", "Frame Rate", "Frames per second of the clip", whole=True)
    static_steps: _number("static_steps", "Shape Steps", STEPS.format("static (image model)"))
    dynamic_steps: _number("dynamic_steps", "Motion Steps", STEPS.format("dynamic (video model)"))
    super_resolution_steps: _number("super_resolution_steps", "Detail Steps", STEPS.format("super-resolution"))
    image: StringProperty(
        name="Image",
        description="Image of the object from the front, with transparency or on a plain background; empty for none",
        subtype="FILE_PATH",
        options=RELATIVE,
    )
    image_adapter: StringProperty(
        name="Image Adapter",
        description="Folder of an IP-Adapter, which shows the image to Stable Diffusion models; empty for none",
        subtype="DIR_PATH",
        options=RELATIVE,
    )
    image_model: StringProperty(name="Image Model", description=MODEL)
    video_model: StringProperty(name="Video Model", description=MODEL)
    upscale_model: StringProperty(name="Upscaler", description=MODEL)
    negative_prompt: StringProperty(
        name="Negative Prompt", description="What the result should not look like", maxlen=prompt.MAX_CHARACTERS
    )
    image_guidance_scale: _number("image_guidance_scale", "Image Guidance", GUIDANCE.format("image model"))
    video_guidance_scale: _number("video_guidance_scale", "Video Guidance", GUIDANCE.format("video model"))
    upscale_guidance_scale: _number("upscale_guidance_scale", "Upscaler Guidance", GUIDANCE.format("upscaler"))
    memory: _choice("memory", "Memory", "How the memory of the graphics card is used", MEMORY)
    start_frame: IntProperty(
        name="Start Frame",
        description="The scene's frame at which the clip begins; a sequence of numbered files has its number 1 there",
        default=1,
    )
    repeat: EnumProperty(name="Repeat", description="What comes before and after the clip", items=REPEAT_ITEMS, default="LOOP")
    rate: EnumProperty(name="Speed", description="How fast the clip plays in the scene", items=RATES, default="KEEP")
    at_cursor: BoolProperty(name="At 3D Cursor", description="Place the result at the 3D cursor", default=True)
    size: FloatProperty(
        name="Size",
        description="The longest side of the object when the clip begins; 0 for the size that it was made in",
        default=1.0,
        min=0.0,
        soft_max=10.0,
        unit="LENGTH",
    )
    origin: EnumProperty(name="Origin", description="Where the object's origin is", items=ORIGINS, default="BOTTOM")
    beside: BoolProperty(
        name="Beside Others", description="Place the result to the right of what stands in its place", default=True
    )
    result: StringProperty(name="Result", description="The name of the object that was made last", options={"SKIP_SAVE"})
    keep_going: BoolProperty(
        name="Keep Going",
        description="Go on where the scene shows that it can't come right, such as fog; also for a job that Resume takes up",
        default=False,
    )
    live_preview: BoolProperty(
        name="Live Preview", description="Show the scene in the viewport while it is being optimized", default=True
    )


class MAV3D_PG_recipe(bpy.types.PropertyGroup):
    """How a result was made. Only results have a prompt."""

    prompt: StringProperty(name="Prompt", description="The prompt it was made from")
    seed: IntProperty(name="Seed", description="The seed it was made with")
    preset: StringProperty(name="Models", description="The preset it was made with")
    quality: StringProperty(name="Quality", description="The quality it was made with")
    topology: StringProperty(name="Topology", description='"rigged", "fixed" or "per-frame"')
    models: StringProperty(name="Model Names", description="The model of each role")
    engine: StringProperty(name="Engine", description="The version of the engine that made it")
    job: StringProperty(name="Job", description="The job that made it, in the list of jobs")
    request: StringProperty(name="Request", description="All settings, as JSON")
    spacing: FloatProperty(
        name="Spacing", description="Frames of the scene from one of the clip to the next, as it was placed", default=1.0
    )
    target: StringProperty(name="Placement", description="Where it was placed, and how, as JSON")
    placed: FloatVectorProperty(name="Placed", description="The transform that it was placed with, as a matrix", size=16)
    speed: FloatProperty(name="Speed", description="How many times as fast as it was placed it plays", default=1.0)
    reverse: BoolProperty(name="Reverse", description="Whether it plays from its end to its beginning")
    closed: BoolProperty(name="Closed", description="Whether a key was added that closes it to a loop")
    own_armature: BoolProperty(name="Own Armature", description="Whether it moves by an armature that it had before")
    distance: FloatProperty(name="Distance", description="Distance of the mesh from the surfaces, percent of its size")


CLASSES = (MAV3D_PG_settings, MAV3D_PG_recipe)


def register() -> None:
    """Registers the two groups and their pointers."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.mav3d = PointerProperty(type=MAV3D_PG_settings)
    bpy.types.Object.mav3d = PointerProperty(type=MAV3D_PG_recipe)


def unregister() -> None:
    """Removes the pointers and the two groups."""
    del bpy.types.Scene.mav3d, bpy.types.Object.mav3d
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
