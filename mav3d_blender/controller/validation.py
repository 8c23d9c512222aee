"""Why something can't be done now, worked out once for the panel, the operators and the submission. Empty: it can."""

from __future__ import annotations

from typing import Any

import bpy

from ..common.contract import errors, prompt, request, vocabulary
from ..common.remote import HostError
from .preferences import engine_host, engine_python
from .request import BUILT_IN, CUSTOM, model_sources, preset_roles, request_of
from .state import state

# No run can do without these.
NEEDED_ROLES = ("image", "video")
NO_MODELS = "Name the image and the video model under Models"


def engine_problem() -> str:
    """Why no engine can be started, in one sentence without its full stop."""
    try:
        if engine_host() is not None:
            return ""
    except HostError as error:
        return str(error).removesuffix(".")
    python = engine_python()
    if python is None:
        return "The engine is not set up yet: open the preferences of MAV3D"
    if not python.exists():
        return f"There is no Python at {python}: choose another in the preferences of MAV3D"
    return ""


def request_problem(settings: bpy.types.PropertyGroup) -> str:
    """Why the engine would refuse the settings, in a few words where the prompt is the reason."""
    return prompt_problem(settings) or models_problem(settings) or _values_problem(settings)


def prompt_problem(settings: bpy.types.PropertyGroup) -> str:
    """Why the models can't take the prompt, in a few words."""
    vocabularies = known_words(settings)
    try:
        if not vocabularies:
            prompt.check_prompt(settings.prompt)
        else:
            seen = _seen(vocabularies[0]) if settings.image else ("", "")
            words = vocabularies[prompt.choose_vocabulary(settings.prompt, vocabularies, seen=seen)]
            prompt.canonical_prompt(settings.prompt, words, seen=seen)
    except errors.PromptError as error:
        return error.short
    return ""


def models_problem(settings: bpy.types.PropertyGroup) -> str:
    """Why the models of the settings can't be used."""
    if settings.preset == CUSTOM:
        return "" if all(role in model_sources(settings) for role in NEEDED_ROLES) else NO_MODELS
    return "" if settings.preset == BUILT_IN else missing_models(settings)


def missing_models(settings: bpy.types.PropertyGroup) -> str:
    """Why the engine can't use the preset's own models, by its hello; empty before that."""
    about = _about_preset(settings.preset)
    if about.get("ready", True):
        return ""
    missing = about.get("missing")
    if isinstance(missing, dict) and missing:
        # The preset's own model does not matter where the role has another.
        fetched = state().downloads.has_fetched
        roles = [role for role in preset_roles(settings) if role in missing and not fetched(settings.preset, role)]
        return str(missing[roles[0]]) if roles else ""
    return str(about.get("reason") or "Its models are missing")


def fetch_problem(settings: bpy.types.PropertyGroup) -> str:
    """Why no models can be downloaded now."""
    if problem := engine_problem():
        return problem
    if settings.preset == BUILT_IN:
        return "The built-in models are part of MAV3D"
    if (host := state().host) is not None:
        return f"Fetch them on {host.name} itself: run `python -m engine models fetch {settings.preset}` there"
    if settings.preset == CUSTOM and models_problem(settings):
        return NO_MODELS
    if not is_online():
        return "Allow Online Access in Preferences > System first"
    return "Models are being fetched already" if state().downloads.busy else ""


def install_problem() -> str:
    """Why the engine can't be installed now."""
    return "" if is_online() else "Allow Online Access in Preferences > System first, or use a Python that has the packages"


def result_problem(context: bpy.types.Context) -> str:
    """Why the active object is no result of MAV3D."""
    return "" if context.object is not None and context.object.mav3d.prompt else "Select an object that MAV3D made"


def recipe_problem(context: bpy.types.Context) -> str:
    """Why the active object can't be made again from its recipe."""
    problem = result_problem(context)
    if not problem and context.object.mav3d.preset == "track":
        return "This object came of mesh files, not of a prompt: run the engine's track on them again"
    return problem


def known_words(settings: bpy.types.PropertyGroup) -> list[vocabulary.Vocabulary]:
    """The words that the preset's models know, and those of the preset beside it, by the engine's hello, before that by what
    comes with the engine; none where they take any text. A picture is shown to the preset's own models alone."""
    if not state().presets():
        known = list(vocabulary.words_of_preset(settings.preset))
        return known[:1] if settings.image else known
    about = _about_preset(settings.preset)
    found = [about.get("words"), None if settings.image else _about_preset(about.get("beside", "")).get("words")]
    try:
        vocabularies = [vocabulary.Vocabulary.from_dict(words) for words in found if words is not None]
    except (ValueError, TypeError):
        return [vocabulary.built_in_vocabulary()]
    return vocabularies or ([vocabulary.built_in_vocabulary()] if settings.preset == BUILT_IN else [])


def is_online() -> bool:
    """Whether the user lets Blender go online."""
    return bpy.app.online_access


def _about_preset(name: str) -> dict[str, Any]:
    """A preset's entry in the engine's hello; empty before that, and for a name that is none."""
    return next((each for each in state().presets() if each.get("name") == name), {})


def _seen(words: vocabulary.Vocabulary) -> tuple[str, str]:
    """Any color and object: a picture shows them, and the prompt need not name them."""
    return next(iter(words.colours), ""), next(iter(words.objects), "")


def _values_problem(settings: bpy.types.PropertyGroup) -> str:
    try:
        request.Request.checked(request_of(settings))
    except errors.EngineError as error:
        return str(error)
    return ""
