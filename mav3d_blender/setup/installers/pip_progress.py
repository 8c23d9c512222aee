"""How far pip is, from what it prints and from the files it makes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from ..packages import hosts
from ..packages.requirements import normal_name

# The share of a whole installation that is behind when a part begins.
MAKING, FETCHING, INSTALLING, CHECKING = 0.0, 0.05, 0.6, 0.93

_SIZED = re.compile(r"^\s*(?:Downloading|Using cached) (?:\S*/)?(\S+\.(?:whl|tar\.gz|zip)) \(([\d.]+) (bytes|kB|MB|GB)\)")
_UNITS = {"bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_LOOKING = re.compile(r"^\s*(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)")
_LOCAL = re.compile(r"^\s*Processing (\S.*?\.whl)(?: \(from .*\))?\s*$")
_INSTALLING = re.compile(r"^Installing collected packages: (.+)$")
_FETCH_SMALLEST = 10**5  # the least a package counts for, in bytes
# Seconds without anything new after which it is said what is waited for.
_QUIET = 4.0


class PipProgress:
    """Reads pip's lines and says a phase and a fraction in [0, 1]. download: the bytes expected; packages: the count; now:
    seconds that only grow. unanswered: how many questions were asked for the last time, without an answer before."""

    def __init__(self, download: int, packages: int, now: Callable[[], float] = time.monotonic) -> None:
        self.phase = "Looking up packages"
        self._silence, self._lines = Silence(hosts.asked(""), now), 0
        self.unanswered = 0
        self.fraction = FETCHING
        self._download, self._packages = max(download, 1), max(packages, 1)
        self._looked_up: set[str] = set()
        self._sizes: dict[str, int] = {}  # by normal name
        self._file: tuple[str, int] | None = None  # the file that is being fetched, and its size
        self._local = 0
        self._waiting: list[str] = []

    def read(self, line: str) -> None:
        """Takes one line that pip printed."""
        self._lines += 1
        if line.startswith("Looking in indexes:"):
            self._silence.asked = hosts.asked(line)
        elif again := hosts.retried(line):
            host, left = again
            self.unanswered += left == 0
            more = f"{left + 1} more times" if left else "once more"
            self.phase = f"{host or 'An index'} does not answer, asking {more}"
        elif match := _LOOKING.match(line):
            self._looked_up.add(normal_name(match.group(1)))
            self.phase = f"Looking up {match.group(1)}"
            self._file = None
        elif match := _SIZED.match(line):
            file, size = match.group(1), int(float(match.group(2)) * _UNITS[match.group(3)])
            self._file = file, size
            self._sizes[_package_of(file)] = size
            self.phase = f"Fetching {_package_of(file)} ({size / 1e6:.1f} MB)"
        elif match := _LOCAL.match(line):
            path = Path(match.group(1))
            size = path.stat().st_size if path.is_file() else 0
            self._sizes[_package_of(path.name)] = size
            self._local += size
        elif match := _INSTALLING.match(line):
            self._waiting = [normal_name(name) for name in match.group(1).split(", ")]
            self.phase = f"Installing {len(self._waiting)} packages"
            self._raise_to(INSTALLING)

    def look(self, temporary: Path, packages: Path) -> None:
        """Looks at pip's temporary folder, where downloads grow, and at the folder packages are installed in."""
        if self._waiting:
            done = installed(packages) & set(self._waiting)
            weights = {name: max(self._sizes.get(name, 0), _FETCH_SMALLEST) for name in self._waiting}
            share = sum(weights[name] for name in done) / sum(weights.values())
            self.phase = f"Installing packages ({len(done)} of {len(self._waiting)})"
            self._raise_to(INSTALLING + (CHECKING - INSTALLING) * share)
            return
        sizes = _downloads(temporary)
        self.phase = self._silence.noticed(self.phase, (self._lines, sum(sizes.values())))
        if self._file is not None and self._file[0] in sizes:
            name, size = self._file
            self.phase = f"Downloading {_package_of(name)} ({sizes[name] / 1e6:.0f} of {size / 1e6:.0f} MB)"
        counted = min(len(self._looked_up) / self._packages, 1)
        fetched = min((sum(sizes.values()) + self._local) / self._download, 1)
        self._raise_to(FETCHING + (INSTALLING - FETCHING) * (0.4 * counted + 0.6 * fetched))

    def _raise_to(self, fraction: float) -> None:
        self.fraction = max(self.fraction, fraction)


class Silence:
    """Notices that nothing new comes. asked: the hosts that are waited for, in words."""

    def __init__(self, asked: str, now: Callable[[], float]) -> None:
        self.asked = asked
        self._now, self._changed, self._before = now, now(), (0, 0)

    def noticed(self, phase: str, seen: tuple[int, int]) -> str:
        """The phase, with what is waited for where it has been long. seen: lines read and bytes downloaded so far."""
        now = self._now()
        if seen != self._before:
            self._before, self._changed = seen, now
        elif now - self._changed >= _QUIET and self.asked:
            return phase.partition(" · ")[0] + f" · waiting for {self.asked}, {now - self._changed:.0f} s"
        return phase


def installed(packages: Path) -> set[str]:
    """The normal names of what is installed in the folder `packages`."""
    try:
        names = [entry.name for entry in os.scandir(packages) if entry.name.endswith(".dist-info")]
    except OSError:
        return set()
    return {normal_name(name.partition("-")[0]) for name in names}


def _package_of(file: str) -> str:
    return normal_name(file.partition("-")[0])


def _downloads(temporary: Path) -> dict[str, int]:
    """The sizes in bytes of the packages in pip's temporary folder, by file name."""
    sizes = {}
    try:
        for folder in os.scandir(temporary):
            if folder.is_dir(follow_symlinks=False):
                for file in os.scandir(folder.path):
                    if file.name.endswith((".whl", ".tar.gz", ".zip")) and file.is_file(follow_symlinks=False):
                        sizes[file.name] = file.stat(follow_symlinks=False).st_size
    except OSError:
        pass  # pip removes its folders when it likes
    return sizes
