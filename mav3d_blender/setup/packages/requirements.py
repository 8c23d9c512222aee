"""The pinned list of what the engine's environment needs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

# The same place in the repository and in the installed extension, whose root is the repository's.
ENGINE_REQUIREMENTS = Path(__file__).resolve().parents[3] / "requirements" / "engine.txt"
PYTHON_VERSIONS = ((3, 11), (3, 12), (3, 13))
PYTHON_RANGE = "3.11 to 3.13"

_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(==|>=)\s*([A-Za-z0-9.+!-]+)")
_FINAL = "~"  # after any letter


class SetupError(Exception):
    """Why setting up can't go on, in one sentence that says what to do."""


@dataclass(frozen=True)
class Requirement:
    """One package. operator: == or >=."""

    name: str
    operator: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}{self.operator}{self.version}"


def read_requirements(path: Path = ENGINE_REQUIREMENTS) -> list[Requirement]:
    """The list in `path`: a package and its version a line. Raises SetupError where it can't be read."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The list of packages {path} can't be read ({error}): install the extension again.") from error
    found = []
    for line in lines:
        line = line.partition("#")[0].strip()
        if not line:
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise SetupError(f"The list of packages {path} has a line that is no package and version: {line[:80]}")
        found.append(Requirement(*match.groups()))
    if not found:
        raise SetupError(f"The list of packages {path} is empty: install the extension again.")
    return found


def stamp(requirements: list[Requirement]) -> str:
    """A short text that changes when the list does."""
    lines = sorted(f"{normal_name(item.name)}{item.operator}{item.version}" for item in requirements)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def normal_name(name: str) -> str:
    """`name` as packages are compared: fast_simplification and Fast-Simplification are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


def satisfies(version: str, requirement: Requirement) -> bool:
    """Whether an installed `version` is what is asked for; a build's own mark (+cpu, +cu130) does not count."""
    have, want = _release(version), _release(requirement.version)
    length = max(len(have), len(want))
    have, want = (numbers + [(0, _FINAL)] * (length - len(numbers)) for numbers in (have, want))
    return have == want if requirement.operator == "==" else have >= want


def _release(version: str) -> list[tuple[int, str]]:
    """Numbers to compare; a pre-release (2.0rc1) comes before its release."""
    parts = [re.match(r"(\d*)(.*)", part).groups() for part in version.partition("+")[0].split(".")]
    return [(int(number or 0), rest or _FINAL) for number, rest in parts]
