"""What a user has told pip, in its files and its environment variables, for a program that does not read these."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path

# Later ones count more.
_SECTIONS = ("global", "install")
_LISTS = ("extra-index-url", "find-links", "trusted-host")


def pip_settings(
    environ: Mapping[str, str] | None = None, system: str = sys.platform, home: Path | None = None
) -> dict[str, str]:
    """By pip's own names, with dashes; what may be several is separated by one blank."""
    environ = os.environ if environ is None else environ
    found: dict[str, str] = {}
    for path in files(environ, system, Path.home() if home is None else home):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, "utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself will tell
        for section in _SECTIONS:
            found |= dict(parser.items(section)) if parser.has_section(section) else {}
    for name, value in environ.items():
        if name.upper().startswith("PIP_"):
            found[name[4:].lower().replace("_", "-")] = value
    values = {name: " ".join(value.split()) if name in _LISTS else value.strip() for name, value in found.items()}
    return {name: value for name, value in values.items() if value}


def files(environ: Mapping[str, str], system: str, home: Path) -> list[Path]:
    """Where pip looks, the later files counting more; none where it is told to look nowhere."""
    own = environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return []
    if system == "win32":
        places = [Path(environ.get("PROGRAMDATA", "C:/ProgramData")) / "pip" / "pip.ini", home / "pip" / "pip.ini"]
        places.append(Path(environ.get("APPDATA", home)) / "pip" / "pip.ini")
    else:
        config = Path(environ.get("XDG_CONFIG_HOME", home / ".config"))
        places = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
        if system == "darwin":
            places.append(home / "Library" / "Application Support" / "pip" / "pip.conf")
    return [*places, *([Path(own)] if own else [])]
