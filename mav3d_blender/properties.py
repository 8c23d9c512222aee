"""Settings on the scene (`scene.mav3d`) and the recipe on a result (`object.mav3d`)."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

PRESETS = [("primitives", "Primitives", "Small models that are built in: offline, on any computer, simple objects")]
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
# What of the settings makes a request, under the engine's names.
REQUEST = ("prompt", "preset", "quality", "seed", "topology", "frames", "fps")
STEPS = ("static_steps", "dynamic_steps", "super_resolution_steps")
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
    start_frame: IntProperty(name="Start", description="The scene's frame at which the clip begins", default=1)
    repeat: EnumProperty(name="After", description="What comes before and after the clip", items=REPEATS, default="LOOP")
    rate: EnumProperty(name="Speed", description="How the clip's rate meets the scene's", items=RATES, default="EVERY")
    at_cursor: BoolProperty(name="At 3D Cursor", description="Place the result where the 3D cursor is now", default=True)
    live_preview: BoolProperty(
        name="Live Preview", description="Show the scene in the viewport while it is being made", default=True
    )

    def request(self) -> dict[str, Any]:
        """The settings as the engine takes them; steps that are left to the quality are left out."""
        values = {name: getattr(self, name) for name in REQUEST}
        values |= {"quality": self.quality.lower(), "topology": self.topology.lower().replace("_", "-")}
        values["prompt"] = " ".join(self.prompt.split())
        return values | {name: getattr(self, name) for name in STEPS if getattr(self, name)}

    def target(self) -> dict[str, Any]:
        """Where the result is to go, as plain values."""
        return {name: getattr(self, name) for name in TARGET}

    def take(self, request: dict[str, Any], target: dict[str, Any] | None = None) -> None:
        """Makes these settings those of an earlier request; values that are not known here are left alone."""
        values = {**dict.fromkeys(STEPS, 0), **request, **(target or {})}
        for name in ("quality", "topology"):
            if isinstance(values.get(name), str):
                values[name] = values[name].upper().replace("-", "_")
        for name in (*REQUEST, *STEPS, *TARGET):
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
