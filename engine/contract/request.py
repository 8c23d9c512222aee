"""What a user asks for: every setting of a request, declared once, with its limits and what it means.

The command line makes its options from these fields and Blender's panel its properties; both sides check values here, so that
a value is refused where it is typed, in the same words.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from .errors import RequestError
from .prompt import MAX_CHARACTERS, check_prompt

PRESETS = ("primitives", "creatures", "paper", "open", "custom")
QUALITIES = ("draft", "standard", "high", "paper")
TOPOLOGIES = ("auto", "rigged", "fixed", "per-frame")
MODES = ("4d", "3d", "video")
MEMORY_MODES = ("auto", "low")
BACKBONES = ("hexplane", "mlp")
ABLATIONS = (
    "static", "super-resolution", "regularisers", "dynamic-cameras", "frame-rate-sampling", "trajectory", "skeleton",
    "joint-motion",
)  # fmt: skip
ROLES = ("image", "video", "upscale")
# What a job calls its own copies of the reference image and of the mesh that it animates.
REFERENCE_IMAGE = "reference.png"
GIVEN_MESH = "given_mesh.npz"
# The folder inside a job's own for files that come with the request; the engine reads them and leaves them alone.
INPUT = "input"
# What the ablations of a job with a mesh can't leave out: all of its motion is in these.
MOVES_MESH = ("skeleton", "trajectory")


@dataclass(frozen=True)
class Setting:
    """What a field of a request may be.

    kind: "text", "choice", "integer", "number", "flag", "model" (a folder or a hub id), "image", "mesh" (a path), "folder",
    "names" (of choices), or "internal" for what no user gives. low, high: limits of numbers. noun: what a choice is called in
    sentences.
    changeable: whether it may change in a job that has begun. omit_default: left out of job.json at its default, so that jobs
    from before there was such a setting go on.
    """

    kind: str
    help: str = ""
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    noun: str = ""
    metavar: str | None = None
    changeable: bool = False
    omit_default: bool = False


def _setting(default: Any, kind: str, help: str, **more: Any) -> Any:
    return field(default=default, metadata={"setting": Setting(kind, help, **more)})


def _steps(stage: str) -> Any:
    text = f"steps of the {stage} stage, in place of the quality's"
    return _setting(None, "integer", text, low=0, high=1_000_000, changeable=True)


def _model(role: str) -> Any:
    return _setting(None, "model", f"{role} model in place of the preset's, folder or hub id", metavar="MODEL")


def _guidance_scale() -> Any:
    return _setting(None, "number", "how closely it holds to the prompt", low=0, high=1000, metavar="SCALE")


@dataclass(frozen=True)
class Request:
    """One job. What each field means stands in its `Setting`; fields without one are the job's own.

    image: path of a picture of the object; in a job, REFERENCE_IMAGE beside it, and image_sha256 of its pixels. mesh: path of
    one mesh file, which is animated in place of a body that the models make; in a job, GIVEN_MESH beside it, and mesh_sha256 of
    what is in it. bones: path of a file with the bones that the mesh hangs on; in a job they are in GIVEN_MESH.
    """

    prompt: str
    preset: str = _setting("primitives", "choice", "which models: {choices} ({default})", choices=PRESETS)
    image_model: str | None = _model("image")
    video_model: str | None = _model("video")
    upscale_model: str | None = _model("upscale")
    quality: str = _setting("standard", "choice", "how long and how fine: {choices}", choices=QUALITIES)
    seed: int = _setting(0, "integer", "whole number; drawn and shown when left out", low=0, high=2**31 - 1)
    topology: str = _setting("auto", "choice", "{choices}", choices=TOPOLOGIES, changeable=True)
    frames: int = _setting(16, "integer", "frames of the clip ({default})", low=1, high=250, changeable=True)
    fps: float = _setting(12, "number", "frames a second ({default}), such as 23.976", low=1, high=120, changeable=True)
    static_steps: int | None = _steps("static")
    dynamic_steps: int | None = _steps("dynamic")
    super_resolution_steps: int | None = _steps("super-resolution")
    mode: str = _setting(
        "4d",
        "choice",
        "4d; 3d, a still object; video, right from the front alone ({default})",
        choices=MODES,
        omit_default=True,
    )
    without: tuple[str, ...] = _setting(
        (), "names", "leave a part of the method out: {choices}", choices=ABLATIONS, noun="part of the method", metavar="PART",
        omit_default=True,
    )  # fmt: skip
    backbone: str = _setting(
        "hexplane", "choice", "what holds the scene: {choices} ({default})", choices=BACKBONES, omit_default=True
    )
    negative_prompt: str = _setting("", "text", "what pictures are to be unlike", metavar="TEXT", omit_default=True)
    image_guidance_scale: float | None = _guidance_scale()
    video_guidance_scale: float | None = _guidance_scale()
    upscale_guidance_scale: float | None = _guidance_scale()
    memory: str = _setting(
        "auto", "choice", "auto; low, to have less on the device at once ({default})", choices=MEMORY_MODES, changeable=True,
        omit_default=True,
    )  # fmt: skip
    keep_going: bool = _setting(
        False, "flag", "go on where the scene shows that it can't come right", changeable=True, omit_default=True
    )
    image: str | None = _setting(
        None, "image", "a picture of the object, without background or before a plain one", metavar="PICTURE"
    )
    image_sha256: str | None = _setting(None, "internal", "")
    image_adapter: str | None = _setting(
        None, "folder", "IP-Adapter that shows --image to Stable Diffusion models", metavar="FOLDER"
    )
    mesh: str | None = _setting(
        None, "mesh", "a mesh to animate, which keeps its vertices, faces and texture (OBJ, PLY, GLB, STL, OFF, .npz)",
        metavar="FILE",
    )  # fmt: skip
    mesh_sha256: str | None = _setting(None, "internal", "")
    bones: str | None = _setting(
        None, "bones", "the armature that --mesh hangs on, an .npz of names, parents, heads, tails and weights", metavar="FILE",
        omit_default=True,
    )  # fmt: skip

    @classmethod
    def checked(cls, values: dict[str, Any]) -> Request:
        """A request from plain values. Raises RequestError or PromptError with one sentence."""
        check_names(cls, values)
        prompt = values.get("prompt", "")
        if not isinstance(prompt, str):
            raise RequestError(f"prompt is {prompt!r}, but has to be text.")
        values = {name: value for name, value in values.items() if name != "prompt"}
        for name, setting in SETTINGS.items():
            if values.get(name) is not None:
                check_setting(name, setting, values[name])
        # 24.0 frames a second are 24: a job's file does not depend on how that was written.
        whole = {name: int(value) for name, value in values.items() if isinstance(value, float) and value.is_integer()}
        request = cls(check_prompt(prompt), **{**values, **whole, "without": tuple(values.get("without", ()))})
        for name, setting in SETTINGS.items():
            if getattr(request, name) is None and cls.__dataclass_fields__[name].default is not None:
                raise RequestError(f"{name} is missing: {_wanted(setting)}.")
        request._check_image()
        request._check_mesh()
        if request.mode == "3d":
            if request.dynamic_steps:
                raise RequestError("A still object has no dynamic stage: leave dynamic_steps out, or make it move (mode 4d).")
            request = replace(request, frames=1)
        return request

    def as_dict(self) -> dict[str, Any]:
        """What job.json holds."""
        values = asdict(self) | {"without": list(self.without)}
        omitted = {name: getattr(self, name) == _default(name) for name, setting in SETTINGS.items() if setting.omit_default}
        return {name: value for name, value in values.items() if value is not None and not omitted.get(name)}

    def _check_image(self) -> None:
        if self.image_sha256 is not None and self.image != REFERENCE_IMAGE:
            raise RequestError("image_sha256 belongs to a job that has its picture already: give image alone.")
        if self.image_adapter is not None and self.image is None:
            raise RequestError("An image adapter shows a picture to models, and there is none: give an image as well.")

    def _check_mesh(self) -> None:
        if self.mesh_sha256 is not None and self.mesh != GIVEN_MESH:
            raise RequestError("mesh_sha256 belongs to a job that has its mesh already: give mesh alone.")
        if self.bones is not None and (self.mesh is None or self.mesh_sha256 is not None):
            raise RequestError("Bones move a mesh that begins a job: give the mesh as well, or leave the bones out.")
        if self.mesh is None:
            return
        if self.image is not None:
            raise RequestError("A mesh looks as it looks, so that a picture has nothing to say: give a mesh or an image.")
        if self.mode != "4d":
            raise RequestError(f"A mesh is there to be moved, seen from all sides: leave out the mode {self.mode}.")
        if self.topology == "per-frame":
            raise RequestError("A given mesh keeps its faces in all frames: leave topology out, or choose rigged or fixed.")
        if self.backbone != "hexplane":
            raise RequestError(f"The backbone {self.backbone} holds no given mesh: leave it out.")
        if self.static_steps:
            raise RequestError("A given mesh needs no static stage: leave static_steps out.")
        if fixed := [part for part in self.without if part in MOVES_MESH]:
            raise RequestError(f"A given mesh is moved by its skeleton and trajectory alone: do not leave out {fixed[0]}.")


# By the name of the field; the prompt has rules of its own.
SETTINGS: dict[str, Setting] = {each.name: each.metadata["setting"] for each in fields(Request) if "setting" in each.metadata}
CHANGEABLE = tuple(name for name, setting in SETTINGS.items() if setting.changeable)


def help_text(name: str) -> str:
    """What the setting of a name is, for a command line or a tooltip."""
    setting = SETTINGS[name]
    return setting.help.format(choices=", ".join(setting.choices), default=_default(name))


def check_setting(name: str, setting: Setting, value: Any) -> None:
    """Raises RequestError with one sentence unless `value` is one that the setting takes."""
    if setting.kind == "choice":
        check_choice(setting.noun or name, value, setting.choices)
    elif setting.kind == "names":
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise RequestError(f"{name} is {value!r}, but has to be a list of names.")
        for each in value:
            check_choice(setting.noun or name, each, setting.choices)
    elif setting.kind == "integer":
        check_integer(name, value, int(setting.low), int(setting.high))
    elif setting.kind == "number":
        check_number(name, value, setting.low, setting.high)
    elif setting.kind == "flag":
        if not isinstance(value, bool):
            raise RequestError(f"{name} is {value!r}: {_wanted(setting)}.")
    elif setting.kind == "text":
        if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
            raise RequestError(f"The {name.replace('_', ' ')} has to be a text of {MAX_CHARACTERS} characters or fewer.")
    elif setting.kind == "folder":
        if not isinstance(value, str) or "\0" in value or not Path(value).is_dir():
            raise RequestError(f"{name} is {value!r}: {_wanted(setting)}.")
    elif not isinstance(value, str) or not value.strip() or "\0" in value:
        raise RequestError(f"{name} is {value!r}: {_wanted(setting)}.")


def check_names(request: type, values: dict[str, Any]) -> None:
    """Raises RequestError where `values` have a name that is no field of a request's dataclass."""
    known = [each.name for each in fields(request)]
    for name in values:
        if name not in known:
            raise RequestError(f"There is no setting {name!r}; there are {', '.join(known)}.")


def check_choice(name: str, value: Any, choices: Any) -> None:
    """Raises RequestError unless `value` is one of `choices`."""
    if not isinstance(value, str):
        raise RequestError(f"{name} is {value!r}, but has to be text.")
    if value not in choices:
        raise RequestError(f"There is no {name} {value!r}: choose {' or '.join(choices)}.")


def check_integer(name: str, value: Any, low: int, high: int) -> None:
    """Raises RequestError unless `value` is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RequestError(f"{name} is {value!r}: give a whole number from {low} to {high}.")


def check_number(name: str, value: Any, low: float, high: float) -> None:
    """Raises RequestError unless `value` is a number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RequestError(f"{name} is {value!r}: give a number from {low:g} to {high:g}.")


def _default(name: str) -> Any:
    return Request.__dataclass_fields__[name].default


def _wanted(setting: Setting) -> str:
    """What to give, as the end of a sentence."""
    wanted = {
        "model": "give a folder or a hub id",
        "image": "give the path of a picture",
        "mesh": "give the path of a mesh file",
        "bones": "give the path of a file of bones",
        "internal": "give the path of a picture",
        "folder": "give the folder of an IP-Adapter",
        "flag": "give true or false",
        "choice": f"choose {' or '.join(setting.choices)}",
    }
    return wanted.get(setting.kind, f"give a whole number from {setting.low:g} to {setting.high:g}")
