"""What lasts as long as the add-on is enabled: the session with the engine, and set-up at work.

Blender keeps no such thing for an add-on, hence the one variable.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from ..client.model_fetch import ModelFetch
from ..client.process import EngineProcess
from ..client.session import Session
from ..common import package
from ..jobs.store import JobStore
from ..setup.background import Background
from ..setup.check import Report
from ..setup.environments import Removal, installed
from ..setup.install import Install
from ..setup.place import default_folder
from ..viewport.overlay import Overlay
from ..viewport.thumbnails import Thumbnails

LOG = "engine.log"


@dataclass
class Runtime:
    """session: None until it is first needed. file: changes with every .blend that is opened. began: when each running job was
    first heard of, seconds. warned: the newest sentence worth showing above the jobs. preview: the job whose mesh is to be
    drawn next, and its reading. looked: whether set-up was at work at the last tick. taken: the installation that was last seen
    to be done. fetched: preset and role of each model that has come since the engine told what is missing."""

    session: Session | None = None
    file: str = field(default_factory=lambda: uuid.uuid4().hex)
    began: dict[str, float] = field(default_factory=dict)
    estimate: str = ""
    warned: str = ""
    overlay: Overlay = field(default_factory=Overlay)
    thumbnails: Thumbnails = field(default_factory=Thumbnails)
    waiting: dict[str, Background[Any]] = field(default_factory=dict)
    preview: tuple[str, Background[Any]] | None = None
    install: Install | None = None
    taken: Install | None = None
    removal: Background[Removal] | None = None
    check: Background[Report] | None = None
    report: Report | None = None
    pythons: Background[Any] | None = None
    fetch: ModelFetch | None = None
    fetched: set[tuple[str, str]] = field(default_factory=set)
    looked: bool = False


_runtime: Runtime | None = None


def runtime() -> Runtime:
    """The one of this Blender."""
    global _runtime
    if _runtime is None:
        _runtime = Runtime()
    return _runtime


def forget() -> None:
    """Ends the engine and everything else; the next `runtime` starts afresh."""
    global _runtime
    ended, _runtime = _runtime, None
    if ended is None:
        return
    ended.overlay.clear()
    ended.thumbnails.remove()
    if ended.install is not None and not ended.install.poll().ended:
        ended.install.cancel()
        ended.install.wait(5.0)
    if ended.fetch is not None:
        ended.fetch.cancel()
        ended.fetch.wait(5.0)
    if ended.session is not None:
        ended.session.close(5.0)


def session() -> Session:
    """The session with the engine, which is started when the first job needs it."""
    now = runtime()
    if now.session is None:
        store = JobStore(package.user_folder() / "jobs")
        now.warned = " ".join(store.load()[:2]) or now.warned
        now.session = Session(store, make_process)
    return now.session


def make_process() -> EngineProcess:
    """An engine that is not started yet, with the interpreter of the preferences."""
    chosen = engine_python()
    command = [str(chosen), "-u", "-m", "engine", "serve", "--device", device()]
    return EngineProcess(command, package.ROOT, package.user_folder() / LOG, offline=not bpy.app.online_access)


def preferences() -> bpy.types.AddonPreferences | None:
    """The add-on's preferences; None where it is used without being installed."""
    addon = bpy.context.preferences.addons.get(package.NAME)
    return addon.preferences if addon else None


def engine_python() -> Path | None:
    """The interpreter that runs the engine: the one in the preferences, else that of the environment installed from here."""
    chosen = preferences()
    if chosen is not None and chosen.engine_python.strip():
        return Path(bpy.path.abspath(chosen.engine_python.strip()))
    return installed(environments())


def newest_report() -> Report | None:
    """What the newest check found: one that was asked for, or the one at the end of an installation."""
    now = runtime()
    return now.report or (now.install.checked if now.install is not None else None)


def environments() -> Path:
    """Where "Install engine" puts its environment."""
    return default_folder(package.user_folder())


def device() -> str:
    """Where the engine's tensors live."""
    chosen = preferences()
    return chosen.device.lower() if chosen is not None else "cpu"


def lacking() -> str:
    """Why no job can be started, in one sentence; empty where one can."""
    chosen = engine_python()
    if chosen is None:
        return "The engine is not set up yet: open the preferences of MAV3D"
    if not chosen.exists():
        return f"There is no Python at {chosen}: choose another in the preferences of MAV3D"
    return ""
