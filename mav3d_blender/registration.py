"""Registers everything with Blender, and removes it."""

from __future__ import annotations

import atexit

import bpy

from . import operators, ui
from .controller import submit, timer
from .controller.state import close_state, state
from .ui import menus, properties, translations

CLASSES = (*ui.CLASSES, *operators.CLASSES)
# While add-ons are enabled, Blender has no user folder to look into yet.
LOAD_JOBS_AFTER_S = 0.5


def register() -> None:
    """Registers classes, properties and handlers, and lists the jobs on disk; starts no engine."""
    translations.register()
    properties.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    menus.append()
    bpy.app.handlers.load_post.append(_file_opened)
    atexit.register(close_state)
    if not bpy.app.background:
        # Where Blender starts with a .blend, that is opened first.
        bpy.app.timers.register(_load_jobs, first_interval=LOAD_JOBS_AFTER_S, persistent=True)


def unregister() -> None:
    """Removes all of it and ends the engine, whose jobs can be resumed."""
    atexit.unregister(close_state)
    timer.stop()
    if bpy.app.timers.is_registered(_load_jobs):
        bpy.app.timers.unregister(_load_jobs)
    close_state()
    bpy.app.handlers.load_post.remove(_file_opened)
    menus.remove()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    properties.unregister()
    translations.unregister()


def _load_jobs() -> None:
    state().open_session()
    timer.start()
    _remember_models()


@bpy.app.handlers.persistent
def _file_opened(*_arguments: object) -> None:
    """Results of another file's jobs wait in the list instead of being placed in this one."""
    state().results.change_file()
    state().preview.clear()
    _remember_models()


def _remember_models() -> None:
    """A new file begins with the models used last; a script's, without a window, with the defaults."""
    if not bpy.app.background and not bpy.data.filepath:
        for scene in bpy.data.scenes:
            submit.remember_models(scene)
