"""Finding the Python interpreters on this machine that can carry the engine's environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common import subprocesses
from .packages.requirements import PYTHON_RANGE, PYTHON_VERSIONS, SetupError

PROBE = Path(__file__).with_name("probe.py")
TIME_LIMIT = 10.0


@dataclass(frozen=True)
class Python:
    """An interpreter. version: three numbers; fault: why no environment can be made with it, one sentence, or ""; note: what
    to know before it is used, or ""."""

    path: Path
    version: tuple[int, int, int]
    fault: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} ({self.path})"


def find_pythons(paths: Iterable[Path] | None = None, time_limit: float = TIME_LIMIT) -> list[Python]:
    """The interpreters of the right version on this machine, the ones to prefer first; each is asked, so this takes seconds.

    paths: where to look, by default `candidates()` and then Blender's own Python. Those with a fault come last.
    """
    if paths is None:
        paths = [*candidates(), *_listed_by_launcher(time_limit), Path(sys.executable)]
    asked: dict[str, Path] = {}
    for path in paths:
        if _may_be_run(path):
            asked.setdefault(os.path.realpath(path), path)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda path: _describe_or_none(path, time_limit), asked.values()))
    found: dict[str, Python] = {}
    for python in answers:
        if python is not None and python.version[:2] in PYTHON_VERSIONS:
            found.setdefault(os.path.realpath(python.path), python)
    # What everything was tried with comes first: a lower version is never worse here.
    return sorted(found.values(), key=lambda python: (bool(python.fault), bool(python.note), python.version[:2]))


def candidates(
    system: str = sys.platform, environ: Mapping[str, str] | None = None, home: Path | None = None, root: Path = Path("/")
) -> list[Path]:
    """Where interpreters of the right versions may be; most of these paths do not exist."""
    environ = os.environ if environ is None else environ
    home = Path.home() if home is None else home
    short = [f"{major}.{minor}" for major, minor in PYTHON_VERSIONS]
    if system == "win32":
        names = ["python.exe", "python3.exe"]
    else:
        names = [f"python{version}" for version in short] + ["python3", "python"]
    folders = [Path(entry) for entry in environ.get("PATH", "").split(os.pathsep) if entry]
    found = [folder / name for name in names for folder in folders if _is_plain(folder)]
    if system == "win32":
        programs = [environ.get("LOCALAPPDATA", "") + "/Programs/Python", environ.get("PROGRAMFILES", ""), "C:/"]
        for version in short:
            found += [Path(folder) / f"Python{version.replace('.', '')}" / "python.exe" for folder in programs if folder]
        for folder, pattern in (
            (home / ".pyenv" / "pyenv-win" / "versions", "{}.*/python.exe"),
            (Path(environ.get("APPDATA", home)) / "uv" / "python", "cpython-{}.*/python.exe"),
        ):
            found += _versions_under(folder, pattern, short)
        return found
    if system == "darwin":
        for version in short:
            found.append(root / "Library/Frameworks/Python.framework/Versions" / version / f"bin/python{version}")
            for brew in ("opt/homebrew", "usr/local"):
                found += [root / brew / f"bin/python{version}", root / brew / f"opt/python@{version}/bin/python{version}"]
    else:
        found += [root / folder / f"python{version}" for folder in ("usr/bin", "usr/local/bin") for version in short]
    for folder, pattern in (
        (Path(environ.get("PYENV_ROOT", home / ".pyenv")) / "versions", "{}.*/bin/python3"),
        (home / ".local/share/uv/python", "cpython-{}.*/bin/python3"),
        (home / ".local/share/mise/installs/python", "{}.*/bin/python3"),
        (home / ".asdf/installs/python", "{}.*/bin/python3"),
    ):
        found += _versions_under(folder, pattern, short)
    # Apple's own is a stub that opens a dialogue where the developer tools are missing, and too old where they are there.
    return [path for path in found if not (system == "darwin" and path.parent == Path("/usr/bin"))]


def describe(path: Path, time_limit: float = TIME_LIMIT) -> Python:
    """What the interpreter at `path` is. Raises SetupError with one sentence where it is none that answers."""
    return python_of(path, ask(path, [], time_limit)["interpreter"])


def ask(path: Path, names: list[str], time_limit: float) -> dict[str, Any]:
    """What probe.py says about the interpreter at `path` and the packages `names`; "stderr" and "code" of the run with it.

    Raises SetupError with one sentence where the path is wrong or nothing answers.
    """
    _check_path(path)
    arguments = [path, "-I", "-X", "utf8", PROBE, *([json.dumps(names)] if names else [])]
    try:
        ended = subprocesses.run(arguments, time_limit)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SetupError(f"{path} can't be run ({reason}): choose a Python {PYTHON_RANGE} program.") from error
    answers: dict[str, Any] = {"stderr": ended.error[-4000:], "code": ended.code}
    for line in ended.output.splitlines():
        try:
            answers |= json.loads(line)
        except (ValueError, TypeError):
            pass  # a package's own print
    if not isinstance(answers.get("interpreter"), dict):
        if ended.code is None:
            raise SetupError(f"{path} did not answer within {time_limit:g} seconds: choose another Python {PYTHON_RANGE}.")
        raise SetupError(f"{path} does not answer as a Python 3 does: choose a Python {PYTHON_RANGE} program.")
    return answers


def python_of(path: Path, facts: dict[str, Any]) -> Python:
    """`facts` as probe.py says them, judged as the base of an environment."""
    version = tuple(facts["version"])
    path = Path(facts["base"] or path)
    short = f"{version[0]}.{version[1]}"
    fault = note = ""
    if version[:2] not in PYTHON_VERSIONS:
        fault = f"This is Python {'.'.join(map(str, version))} and the engine needs {PYTHON_RANGE}."
    elif facts["implementation"] != "CPython" or facts["free_threaded"]:
        fault = f"The engine's packages are made for standard CPython, and {path} is another kind: install one from python.org."
    elif facts["bits"] != 64:
        fault = f"The engine needs a 64-bit Python, and {path} is a 32-bit one: install the 64-bit one from python.org."
    elif facts["platform"].startswith("macosx") and facts["machine"] == "x86_64":
        fault = "PyTorch is no longer made for Intel Macs (nor for an Intel Python on Apple silicon): use a remote engine here."
    elif not (facts["venv"] and facts["ensurepip"]):
        lacking = "venv" if not facts["venv"] else "ensurepip"
        fault = f"Python {short} at {path} lacks its {lacking} module: {_venv_advice(short, facts['platform'])}."
    elif os.path.realpath(path) == os.path.realpath(sys.executable) and _is_blenders(path):
        note = "This is Blender's own Python: the environment stops working where this Blender is moved, updated or removed."
    return Python(path, version, fault, note)


def advice(pythons: list[Python], system: str = sys.platform) -> str:
    """What to do where `pythons` (from `find_pythons`) holds none that can be used; "" where it holds one."""
    if any(not python.fault for python in pythons):
        return ""
    if pythons:
        return pythons[0].fault
    where = {
        "win32": "install Python 3.11 (64-bit) from python.org; the Microsoft Store's can't be used",
        "darwin": "install Python 3.11 from python.org, or with `brew install python@3.11`",
    }.get(
        system,
        "install it with your system's packages (`sudo apt install python3.11 python3.11-venv`, `sudo dnf install python3.11`, "
        "`sudo pacman -S python311`, or 3.12 or 3.13 where those are what it has)",
    )
    return f"No Python {PYTHON_RANGE} was found on this machine: {where}, then look again."


def _describe_or_none(path: Path, time_limit: float) -> Python | None:
    try:
        return describe(path, time_limit)
    except SetupError:
        return None


def _check_path(path: Path) -> None:
    if path.is_dir():
        inside = [path / "bin" / "python", path / "Scripts" / "python.exe", path / "python.exe"]
        better = next((str(program) for program in inside if program.is_file()), "the python program inside it")
        raise SetupError(f"{path} is a folder: choose {better}.")
    if not path.is_file():
        raise SetupError(f"There is no file {path}: choose a Python {PYTHON_RANGE} program, or install the engine.")
    if not os.access(path, os.X_OK):
        raise SetupError(f"{path} is not a program that can be run: choose a Python {PYTHON_RANGE} program.")


def _is_plain(folder: Path) -> bool:
    """Not a folder of programs that only hand over to others (pyenv's, asdf's), nor the Microsoft Store's, whose Python keeps
    what it writes where no other program finds it and whose place-holders open the Store."""
    return not {"shims", "WindowsApps"} & set(folder.parts)


def _may_be_run(path: Path) -> bool:
    return _is_plain(path.parent) and path.is_file() and os.access(path, os.X_OK)


def _versions_under(folder: Path, pattern: str, short: list[str]) -> list[Path]:
    return [path for version in short for path in sorted(folder.glob(pattern.format(version)), reverse=True)]


def _listed_by_launcher(time_limit: float) -> list[Path]:
    """What `py -0p` lists, on Windows: lines such as " -V:3.11 *        C:\\Python311\\python.exe"."""
    if sys.platform != "win32":
        return []
    try:
        return parse_launcher(subprocesses.run(["py", "-0p"], time_limit).output)
    except OSError:
        return []


def parse_launcher(text: str) -> list[Path]:
    """The paths in what `py -0p` prints."""
    lines = (line.strip() for line in text.splitlines())
    parts = (line.replace(" * ", " ").split(None, 1) for line in lines if line.startswith("-"))
    return [Path(part[1].strip()) for part in parts if len(part) == 2 and part[1].strip().lower().endswith(".exe")]


def _is_blenders(path: Path) -> bool:
    return "bpy" in sys.modules and "blender" in str(path).lower()


def _venv_advice(short: str, platform: str) -> str:
    if platform.startswith("linux"):
        return f"install it with your system's packages (`sudo apt install python{short}-venv`), then look again"
    return "install a full Python from python.org, then look again"
