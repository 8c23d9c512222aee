"""uv (https://docs.astral.sh/uv), which makes environments and brings a Python of its own: where it is, and what it is asked.

All that it keeps is in one folder beside the environments: itself if it was fetched, its Pythons, and while it works its cache.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from ...common import subprocesses
from ..environments import TOOLS, interpreter
from ..packages.requirements import Requirement
from ..packages.source import Source
from ..packages.variants import Variant
from .pip_settings import pip_settings

# What is fetched, and the oldest that knows what it is asked here.
FETCHED = Requirement("uv", "==", "0.13.9")
OLDEST = (0, 7)
DOWNLOAD = 20 * 10**6
# The Python that everything was tried with.
PYTHON = "3.11"
RUN_PIP = Path(__file__).with_name("run_pip.py")
TIME_LIMIT = 20.0
# A user's own settings that would have another Python or other packages than those asked for; indexes and proxies stay.
_DROPPED = ("UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_NO_BINARY", "UV_VENV_CLEAR", "UV_VENV_SEED", "UV_OFFLINE", "UV_LINK_MODE")
_PROGRAM = "uv.exe" if sys.platform == "win32" else "uv"
# What of pip's settings is uv's by another name.
_PIPS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


def tools(folder: Path) -> Path:
    """Where all of uv is kept for the environments in `folder`."""
    return folder / TOOLS


def cache(folder: Path) -> Path:
    """Where it has what it fetches, until an environment is finished."""
    return tools(folder) / "cache"


def pythons(folder: Path) -> Path:
    """Where its Pythons are, which environments are made from."""
    return tools(folder) / "python"


def fetched(folder: Path) -> list[Path]:
    """Where pip puts it: by the system's way."""
    return [tools(folder) / place / _PROGRAM for place in ("bin", "Scripts")]


def candidates(folder: Path) -> list[Path]:
    """Where uv may be: fetched before, on the path, and where its own installer and Homebrew put it, which programs that are
    started from a desktop do not have on their path."""
    found = shutil.which(_PROGRAM)
    usual = [Path.home() / ".local" / "bin", Path.home() / ".cargo" / "bin", Path("/opt/homebrew/bin"), Path("/usr/local/bin")]
    return [*fetched(folder), *([Path(found)] if found else []), *(place / _PROGRAM for place in usual)]


def find_uv(folder: Path) -> Path | None:
    """A uv that runs and is not too old; None where there is none."""
    for path in candidates(folder):
        if path.is_file() and _version(path) >= OLDEST:
            return path
    return None


def fetch_command(python: Path, folder: Path, source: Source) -> list[str | Path]:
    """pip's, run by any Python that has one, or that has ensurepip; nothing is written beside that Python."""
    options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-deps", "--only-binary", ":all:"]
    where = ["--upgrade", "--target", tools(folder)]
    return [python, "-I", "-B", RUN_PIP, "install", *options, *where, str(FETCHED), *source.index_arguments()]


def environment_command(uv: Path, environment: Path, python: Path | None) -> list[str | Path]:
    """Makes an environment. python: the interpreter to make it from; None: one of uv's own, which is fetched if need be."""
    which = ["--python", python] if python else ["--managed-python", "--python", PYTHON]
    return [uv, "venv", "--no-project", "--allow-existing", *which, environment]


def install_command(uv: Path, environment: Path, listed: Path, source: Source, variant: Variant) -> list[str | Path]:
    """Installs the packages that the file `listed` names."""
    # As with pip: the best version of all indexes, nothing that takes a compiler. Python's own compiling is done now because
    # the engine is run by processes that write nothing beside their code.
    options = ["--index-strategy", "unsafe-best-match", "--only-binary", ":all:", "--compile-bytecode"]
    arguments = source.uv_arguments(variant)
    return [uv, "pip", "install", "--python", interpreter(environment), *options, "-r", listed, *arguments]


def settings(folder: Path, source: Source, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables that uv is run with: the user's, and pip's settings where uv has none of its own."""
    given = dict(subprocesses.environment() if environ is None else environ)
    values = {name: value for name, value in given.items() if name.upper() not in _DROPPED}
    for name, value in pip_settings(given).items():
        if name in _PIPS:
            values.setdefault(_PIPS[name], value.replace(" ", ",") if name == "find-links" else value)
    return values | {
        "UV_CACHE_DIR": str(cache(folder)),
        "UV_PYTHON_INSTALL_DIR": str(pythons(folder)),
        "UV_HTTP_TIMEOUT": f"{max(1, round(source.seconds))}",
        "UV_HTTP_RETRIES": str(source.tries - 1),
        "NO_COLOR": "1",
    }


def _version(path: Path) -> tuple[int, ...]:
    try:
        said = subprocesses.run([path, "--version"], TIME_LIMIT).output
    except OSError:
        return ()
    match = re.match(r"uv (\d+)\.(\d+)", said)
    return tuple(map(int, match.groups())) if match and os.access(path, os.X_OK) else ()
