"""What is added to Blender, and how it goes again."""

from __future__ import annotations

import atexit
import uuid

import bpy

from . import operators
from .controller import timer as ticking
from .controller.state import forget, runtime, session
from .ui import panels as panel
from .ui import preferences, properties

CLASSES = (*preferences.CLASSES, *operators.CLASSES, *panel.CLASSES)


def register() -> None:
    """Adds the classes, the properties and the handlers, and lists the jobs of before."""
    properties.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.app.handlers.load_post.append(_file_opened)
    atexit.register(forget)
    if not bpy.app.background:
        # Not yet: while add-ons are enabled, Blender has no user folder to look into.
        bpy.app.timers.register(_list_jobs, first_interval=0.5)


def unregister() -> None:
    """Takes all of it away, and ends the engine; its jobs can be resumed."""
    atexit.unregister(forget)
    ticking.stop()
    if bpy.app.timers.is_registered(_list_jobs):
        bpy.app.timers.unregister(_list_jobs)
    forget()
    bpy.app.handlers.load_post.remove(_file_opened)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    properties.unregister()


def _list_jobs() -> None:
    session()
    ticking.start()


@bpy.app.handlers.persistent
def _file_opened(*_arguments: object) -> None:
    """Results of jobs asked for in another file wait in the list instead of appearing in this one."""
    now = runtime()
    now.file = uuid.uuid4().hex
    now.overlay.clear()
