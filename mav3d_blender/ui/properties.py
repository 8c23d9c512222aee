"""Settings on the scene (`scene.mav3d`) and the recipe on a result (`object.mav3d`)."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

PRESETS = [
    ("primitives", "Primitives", "Small models that are built in: offline, on any computer, simple objects"),
    ("paper", "Paper", "Public models closest to the paper's, for research alone: a graphics card, and 45 GB to fetch"),
    ("open", "Open", "Public models whose licences allow commercial work: a graphics card, and 33 GB to fetch"),
    ("custom", "Custom", "Models of your own choice, named below under Models"),
]
MEMORY = [
    ("AUTO", "Automatic", "Low where the models fit no other way"),
    ("LOW", "Low", "One model on the graphics card at a time: slower, for smaller cards"),
]
QUALITIES = [
    ("DRAFT", "Draft", "Under a minute on two cores; without the super-resolution stage"),
    ("STANDARD", "Standard", "One to two minutes on two cores"),
    ("HIGH", "High", "Some minutes on two cores; finer surface and texture"),
    ("PAPER", "Paper", "The paper's own numbers of steps: meant for public models on a GPU"),
]
TOPOLOGIES = [
    ("AUTO", "Automatic", "One mesh with shape keys where it follows well, else a mesh a frame"),
    ("FIXED", "One Mesh", "One mesh with a shape key a frame, however well it follows"),
    ("PER_FRAME", "A Mesh a Frame", "A mesh of its own in every frame, on one object"),
]
REPEATS = [
    ("LOOP", "Loop", "Begins again after its last frame"),
    ("PING_PONG", "Ping-Pong", "Runs back and forth"),
    ("HOLD", "Hold", "The first and last frame stay before and after"),
]
RATES = [
    ("KEEP", "Keep Speed", "Spread over the scene's frames so that it plays at its own speed"),
    ("EVERY", "Frame for Frame", "One frame of the clip in every frame of the scene"),
    ("SCENE", "Set Scene Rate", "Set the scene's frame rate and range to the clip's"),
]
# A path may begin at the .blend's own folder; before 4.5 that went without saying.
RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
# What of the settings makes a request, under the engine's names.
REQUEST = ("prompt", "preset", "quality", "seed", "topology", "frames", "fps")
STEPS = ("static_steps", "dynamic_steps", "super_resolution_steps")
SCALES = ("image_guidance_scale", "video_guidance_scale", "upscale_guidance_scale")
MODELS = ("image_model", "video_model", "upscale_model")
PATHS = ("image", "image_adapter")
# Left out of a request where they are empty or 0: the engine has values of its own.
OPTIONAL = (*STEPS, *SCALES, *MODELS, *PATHS, "negative_prompt")
TARGET = ("start_frame", "repeat", "rate", "at_cursor")


class MAV3D_PG_settings(bpy.types.PropertyGroup):
    """What the panel asks for."""

    prompt: StringProperty(
        name="Prompt",
        description='What to make and how it moves, such as "a red ball bouncing"',
        options={"TEXTEDIT_UPDATE"},
        maxlen=400,
    )
    preset: EnumProperty(name="Models", description="Which models make it", items=PRESETS, default="primitives")
    quality: EnumProperty(name="Quality", description="How long and how fine", items=QUALITIES, default="STANDARD")
    seed: IntProperty(
        name="Seed", description="The same seed and settings give the same result on one computer", min=0, max=2**31 - 1
    )
    random_seed: BoolProperty(name="Random Seed", description="Draw a new seed for every run, and show it", default=False)
    topology: EnumProperty(name="Topology", description="How the motion comes", items=TOPOLOGIES, default="AUTO")
    frames: IntProperty(name="Frames", description="Frames of the clip", default=16, min=1, max=250)
    fps: IntProperty(name="Rate", description="Frames a second of the clip", default=12, min=1, max=120)
    static_steps: IntProperty(
        name="Static Steps", description="Steps under the image model; 0 leaves it to the quality", min=0, max=1_000_000
    )
    dynamic_steps: IntProperty(
        name="Dynamic Steps", description="Steps under the video model; 0 leaves it to the quality", min=0, max=1_000_000
    )
    super_resolution_steps: IntProperty(
        name="Sharpening Steps",
        description="Steps under the super-resolution model; 0 leaves it to the quality",
        min=0,
        max=1_000_000,
    )
    image: StringProperty(
        name="Picture",
        description="A picture of the object from the front, with transparency or on a plain background; empty for none",
        subtype="FILE_PATH",
        options=RELATIVE,
    )
    image_adapter: StringProperty(
        name="Image Adapter",
        description="Folder of an IP-Adapter, which shows the picture to models of class Stable Diffusion; empty for none",
        subtype="DIR_PATH",
        options=RELATIVE,
    )
    image_model: StringProperty(
        name="Image Model", description="A folder or an id of the Hugging Face hub; empty for the preset's own"
    )
    video_model: StringProperty(
        name="Video Model", description="A folder or an id of the Hugging Face hub; empty for the preset's own"
    )
    upscale_model: StringProperty(
        name="Upscaler", description="A folder or an id of the Hugging Face hub; empty for the preset's own"
    )
    negative_prompt: StringProperty(name="Unlike", description="What pictures are to be unlike", maxlen=400)
    image_guidance_scale: FloatProperty(
        name="Image Scale",
        description="How closely the image model holds to the prompt; 0 leaves it to the quality",
        min=0,
        max=1000,
    )
    video_guidance_scale: FloatProperty(
        name="Video Scale",
        description="How closely the video model holds to the prompt; 0 leaves it to the quality",
        min=0,
        max=1000,
    )
    upscale_guidance_scale: FloatProperty(
        name="Upscaler Scale",
        description="How closely the upscaler holds to the prompt; 0 leaves it to the quality",
        min=0,
        max=1000,
    )
    memory: EnumProperty(name="Memory", description="How the device's memory is used", items=MEMORY, default="AUTO")
    start_frame: IntProperty(name="Start", description="The scene's frame at which the clip begins", default=1)
    repeat: EnumProperty(name="After", description="What comes before and after the clip", items=REPEATS, default="LOOP")
    rate: EnumProperty(name="Speed", description="How the clip's rate meets the scene's", items=RATES, default="EVERY")
    at_cursor: BoolProperty(name="At 3D Cursor", description="Place the result where the 3D cursor is now", default=True)
    live_preview: BoolProperty(
        name="Live Preview", description="Show the scene in the viewport while it is being made", default=True
    )

    def request(self) -> dict[str, Any]:
        """The settings as the engine takes them; what is left to it is left out."""
        values = {name: getattr(self, name) for name in REQUEST}
        values |= {"quality": self.quality.lower(), "topology": self.topology.lower().replace("_", "-")}
        values["prompt"] = " ".join(self.prompt.split())
        optional = {name: getattr(self, name) for name in OPTIONAL if getattr(self, name)}
        # The built-in models are what they are.
        unused = (*MODELS, "image_adapter", *SCALES, "negative_prompt") if self.preset == "primitives" else ()
        values |= {name: value for name, value in optional.items() if name not in unused}
        if self.memory != "AUTO":
            values["memory"] = self.memory.lower()
        return values | {name: bpy.path.abspath(values[name]) for name in PATHS if name in values}

    def target(self) -> dict[str, Any]:
        """Where the result is to go, as plain values."""
        return {name: getattr(self, name) for name in TARGET}

    def take(self, request: dict[str, Any], target: dict[str, Any] | None = None) -> None:
        """Makes these settings those of an earlier request; values that are not known here are left alone."""
        absent = {name: 0 if name in (*STEPS, *SCALES) else "" for name in OPTIONAL}
        values = {**absent, "memory": "auto", **request, **(target or {})}
        for name in ("quality", "topology", "memory"):
            if isinstance(values.get(name), str):
                values[name] = values[name].upper().replace("-", "_")
        for name in (*REQUEST, *OPTIONAL, "memory", *TARGET):
            if name in values:
                try:
                    setattr(self, name, values[name])
                except (TypeError, ValueError):
                    continue


class MAV3D_PG_recipe(bpy.types.PropertyGroup):
    """How a result was made. Only results have a prompt."""

    prompt: StringProperty(name="Prompt", description="The sentence it was made from")
    seed: IntProperty(name="Seed", description="The seed it was made with")
    preset: StringProperty(name="Models", description="The preset it was made with")
    quality: StringProperty(name="Quality", description="The quality it was made with")
    topology: StringProperty(name="Topology", description='"fixed" or "per-frame"')
    models: StringProperty(name="Model Names", description="The models of each role")
    engine: StringProperty(name="Engine", description="The version of the engine that made it")
    job: StringProperty(name="Job", description="The job that made it, in the list of jobs")
    request: StringProperty(name="Request", description="All settings, as JSON")
    distance: FloatProperty(name="Distance", description="How far the mesh is from the surfaces, per cent of its size")


CLASSES = (MAV3D_PG_settings, MAV3D_PG_recipe)


def register() -> None:
    """Adds the two groups and where they are reached."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.mav3d = PointerProperty(type=MAV3D_PG_settings)
    bpy.types.Object.mav3d = PointerProperty(type=MAV3D_PG_recipe)


def unregister() -> None:
    """Takes both away again."""
    del bpy.types.Scene.mav3d, bpy.types.Object.mav3d
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
