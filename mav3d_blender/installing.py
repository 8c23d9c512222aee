"""Installing and removing the engine from the preferences."""

from __future__ import annotations

import bpy

from . import package
from .runtime import environments, preferences, runtime
from .setup.background import Background
from .setup.environments import uninstall
from .setup.install import Install
from .setup.pythons import Python, advice, find_pythons
from .setup.requirements import SetupError


def version() -> str:
    """The extension's own, from its manifest."""
    import tomllib

    return tomllib.loads((package.ROOT / "blender_manifest.toml").read_text("utf-8"))["version"]


def begin_install() -> None:
    """Starts to install the engine on the best Python that was found. Raises SetupError where there is none."""
    now, chosen = runtime(), preferences()
    if now.install is not None and not now.install.poll().ended:
        raise SetupError("The engine is being installed already.")
    base = base_python()
    if now.session is not None:
        now.session.stop_engine()
    variant = chosen.variant.lower() if chosen is not None else "cpu"
    now.install = Install(environments(), base.path, version(), variant, online=bpy.app.online_access)
    now.install.start()


def begin_removal() -> None:
    """Starts to remove the environments that were installed from here."""
    now = runtime()
    if now.session is not None:
        now.session.stop_engine()
    now.install, now.report = None, None
    now.removal = uninstall(environments())


def base_python() -> Python:
    """The Python that an environment is made from. Raises SetupError, with where to get one, where there is none."""
    found = found_pythons()
    good = [python for python in found if not python.fault]
    if not good:
        raise SetupError(advice(found))
    return good[0]


def found_pythons() -> list[Python]:
    """All that was found on this computer; looks for a moment where nobody has looked yet."""
    now = runtime()
    now.pythons = now.pythons or Background(find_pythons)
    return now.pythons.wait() or []


def report_text() -> str:
    """What the check and the installation found, to paste."""
    now = runtime()
    parts = [now.report.text if now.report else "", now.install.report() if now.install else ""]
    return "\n\n".join(part for part in parts if part) or "Nothing was checked yet."
