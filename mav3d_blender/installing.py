"""Installing and removing the engine from the preferences."""

from __future__ import annotations

import bpy

from . import package
from .runtime import Runtime, environments, newest_report, preferences, runtime
from .setup.background import Background
from .setup.environments import uninstall
from .setup.install import Install
from .setup.pythons import Python, find_pythons
from .setup.requirements import SetupError
from .setup.source import Source, checked_index


def version() -> str:
    """The extension's own, from its manifest."""
    import tomllib

    return tomllib.loads((package.ROOT / "blender_manifest.toml").read_text("utf-8"))["version"]


def begin_install(variant: str = "") -> None:
    """Starts to install the engine, on a Python that comes with it or on the best one that was found. Raises SetupError.

    variant: "cpu" or "cuda"; else as the preferences say, which are to use what is installed from now on.
    """
    now, chosen = runtime(), preferences()
    if now.install is not None and not now.install.poll().ended:
        raise SetupError("The engine is being installed already.")
    source = Source(chosen.package_index if chosen is not None else "")
    if source.index.strip():
        checked_index(source.index)
    base = base_python()
    if now.session is not None:
        now.session.stop_engine()
    if chosen is not None:
        chosen.variant = variant.upper() or chosen.variant
    variant = chosen.variant.lower() if chosen is not None else variant or "cpu"
    now.report = None
    path = base.path if base is not None else None
    now.install = Install(environments(), path, version(), variant, online=bpy.app.online_access, source=source)
    now.install.start()


def take_installed(now: Runtime) -> None:
    """What has been installed is used from now on, in place of a Python that was named before."""
    chosen = preferences()
    if now.install is None or now.install is now.taken or now.install.poll().state != "done":
        return
    now.taken = now.install
    if chosen is not None:
        chosen.engine_python = ""


def begin_removal() -> None:
    """Starts to remove the environments that were installed from here."""
    now = runtime()
    if now.session is not None:
        now.session.stop_engine()
    now.install, now.report = None, None
    now.removal = uninstall(environments())


def base_python() -> Python | None:
    """The Python that an environment is made from where uv brings none; None where none was found."""
    return next((python for python in found_pythons() if not python.fault), None)


def found_pythons() -> list[Python]:
    """All that was found on this computer; looks for a moment where nobody has looked yet."""
    now = runtime()
    now.pythons = now.pythons or Background(find_pythons)
    return now.pythons.wait() or []


def report_text() -> str:
    """What the check and the installation found, to paste."""
    now = runtime()
    report = newest_report()
    parts = [report.text if report else "", now.install.report() if now.install else ""]
    return "\n\n".join(part for part in parts if part) or "Nothing was checked yet."
