"""Making an environment and putting the packages into it.

By uv and a Python of its own where uv is there or can be fetched, else by the venv and pip of a Python that was found.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from ..common import subprocesses
from .environments import TOOLS, Marker, interpreter, read_marker, remove, write_marker
from .installers import uv
from .installers.pip_progress import MAKING, PipProgress
from .installers.runner import Failed, Runner
from .installers.uv_progress import UvProgress
from .packages.hosts import silent, words
from .packages.requirements import SetupError
from .packages.source import Source
from .packages.variants import Variant
from .pythons import Python, advice

# A user's own settings that would send the packages elsewhere, or silence what is read here; indexes and proxies stay.
_PIP_DROPPED = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_QUIET", "PIP_VERBOSE", "PIP_PROGRESS_BAR", "PIP_DRY_RUN")
_PACKAGES_PER_REQUIREMENT = 3
# Of the time before packages are looked up.
_FETCHING_UV = 0.03


@dataclass(frozen=True)
class Wanted:
    """What is to be made. part: the environment's folder while it is made. lines: of requirements. base: the Python to make it
    from where uv has none; None: none was found."""

    part: Path
    marker: Marker
    lines: tuple[str, ...]
    variant: Variant
    source: Source
    base: Python | None

    @property
    def folder(self) -> Path:
        """The one that holds the environments."""
        return self.part.parent


def make_environment(wanted: Wanted, runner: Runner) -> Marker:
    """Makes it whole, or goes on with what an earlier attempt left; gives what it is. Raises SetupError, Cancelled, OSError."""
    program = uv.find_uv(wanted.folder)
    if program is None:
        program = _fetch_uv(wanted, runner)
    if program is not None:
        return _by_uv(program, wanted, runner)
    if wanted.base is None:
        raise SetupError(advice([]))
    return _by_pip(wanted.base, wanted, runner)


def prepare_tools(folder: Path) -> None:
    """The folder that uv keeps all in, marked as ours so that it goes with the environments."""
    tools = uv.tools(folder)
    if tools.exists() and read_marker(tools) is None and any(tools.iterdir()):
        raise SetupError(f"{tools} is in the way and was not made here: move it away, or choose another folder.")
    tools.mkdir(parents=True, exist_ok=True)
    write_marker(tools, Marker(TOOLS, "", "", "", complete=False))


def packages_folder(environment: Path) -> Path:
    """Where an environment's packages are."""
    inside = sorted((environment / "lib").glob("python3*/site-packages")) if sys.platform != "win32" else []
    return inside[0] if inside else environment / "Lib" / "site-packages"


def pip_environment(temporary: Path) -> dict[str, str]:
    """What pip is run with. temporary: the folder that downloads are unpacked in, beside the environment: /tmp is small on many
    machines, and cleaning up is one folder."""
    place = str(temporary)
    values = subprocesses.environment(TMPDIR=place, TEMP=place, TMP=place, PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0")
    return {name: value for name, value in values.items() if name.upper() not in _PIP_DROPPED}


def _fetch_uv(wanted: Wanted, runner: Runner) -> Path | None:
    """uv, fetched by the pip of any Python that is here; None where the index has none for this system, or no pip is here.

    Raises SetupError where nothing answers: then packages would not come either."""
    prepare_tools(wanted.folder)
    temporary = uv.tools(wanted.folder) / "tmp"
    temporary.mkdir(exist_ok=True)
    # Blender's own does as well as any: nothing is installed into it.
    python = wanted.base.path if wanted.base is not None else Path(sys.executable)
    command = uv.fetch_command(python, wanted.folder, wanted.source)
    progress = PipProgress(uv.DOWNLOAD, 1)
    try:
        runner.run(command, pip_environment(temporary), temporary, progress, temporary, share=_FETCHING_UV)
    except Failed as failed:
        if silent(failed.said):
            raise
        runner.say(f"uv can't be had here. {failed}")
        return None
    finally:
        program = uv.find_uv(wanted.folder)
        shutil.rmtree(temporary, ignore_errors=True)
        if program is None and not uv.pythons(wanted.folder).exists():
            remove(uv.tools(wanted.folder))
    if program is None:
        runner.say("uv was fetched, but does not run here.")
    return program


def _by_uv(program: Path, wanted: Wanted, runner: Runner) -> Marker:
    prepare_tools(wanted.folder)
    environ = uv.settings(wanted.folder, wanted.source)
    marker = replace(wanted.marker, python=uv.PYTHON)
    try:
        _create_by_uv(program, wanted, runner, marker, None)
    except Failed as failed:
        if wanted.base is None:
            raise
        # Where Python itself comes from is another host than the packages', which may be closed.
        runner.say(f"{failed} Until then {wanted.base.label} is used.")
        marker = replace(wanted.marker, python=_dotted(wanted.base))
        _create_by_uv(program, wanted, runner, marker, wanted.base.path)
    command = uv.install_command(program, wanted.part, _listed(wanted), wanted.source, wanted.variant)
    asked = words(wanted.source.addresses(wanted.variant))
    progress = UvProgress(wanted.variant.download, wanted.variant.disk, asked)
    cache = uv.cache(wanted.folder)
    runner.run(command, environ, wanted.part, progress, cache, lambda: packages_folder(wanted.part))
    return marker


def _create_by_uv(program: Path, wanted: Wanted, runner: Runner, marker: Marker, python: Path | None) -> None:
    runner.show("Making the environment", MAKING + _FETCHING_UV)
    _prepare(wanted.part, marker)
    command = uv.environment_command(program, wanted.part, python)
    progress = UvProgress(wanted.variant.download, wanted.variant.disk, "")
    progress.phase = "Making the environment"
    environ, cache = uv.settings(wanted.folder, wanted.source), uv.cache(wanted.folder)
    runner.run(command, environ, wanted.folder, progress, cache, share=_FETCHING_UV)


def _by_pip(base: Python, wanted: Wanted, runner: Runner) -> Marker:
    marker = replace(wanted.marker, python=_dotted(base))
    runner.show("Making the environment", MAKING)
    _prepare(wanted.part, marker)
    temporary = wanted.part / "tmp"
    temporary.mkdir()
    runner.run([base.path, "-m", "venv", wanted.part], subprocesses.environment(), wanted.part)
    python = interpreter(wanted.part)
    pip = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    # Nobody who draws has a compiler: a package without a ready build fails at once and by name.
    pip += ["--only-binary", ":all:", "-r", _listed(wanted), *wanted.source.pip_arguments(wanted.variant)]
    progress = PipProgress(wanted.variant.download, len(wanted.lines) * _PACKAGES_PER_REQUIREMENT)
    runner.run(pip, pip_environment(temporary), wanted.part, progress, temporary, lambda: packages_folder(wanted.part))
    return marker


def _prepare(part: Path, marker: Marker) -> None:
    """Takes up what an earlier attempt left, if it was for the same; else begins anew."""
    earlier = read_marker(part)
    if earlier is not None and replace(earlier, complete=False) != marker:
        remove(part)
    part.mkdir(parents=True, exist_ok=True)
    write_marker(part, marker)
    shutil.rmtree(part / "tmp", ignore_errors=True)
    # An installer writes RECORD last: what lacks it was interrupted, and would be taken for installed.
    for folder in packages_folder(part).glob("*.dist-info"):
        if not (folder / "RECORD").is_file():
            shutil.rmtree(folder)


def _listed(wanted: Wanted) -> Path:
    path = wanted.part / "requirements.txt"
    path.write_text("\n".join(wanted.lines) + "\n", "utf-8")
    return path


def _dotted(python: Python) -> str:
    return ".".join(map(str, python.version))
