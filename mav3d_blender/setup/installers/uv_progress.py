"""How far uv is, from what it prints and from the files it makes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from ..packages.requirements import normal_name
from .pip_progress import CHECKING, FETCHING, INSTALLING, Silence, installed

_DOWNLOADING = re.compile(r"^\s*Downloading (\S+)(?: \(download\))? \(([\d.]+)([KMG]?i?B)\)")
_DOWNLOADED = re.compile(r"^\s*Downloaded (\S+)")
_COUNTED = re.compile(r"^\s*(Resolved|Prepared|Installed) (\d+) packages?\b")
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
# What is unpacked while it comes is looked at this often: it has thousands of files.
_LOOK_EVERY = 2.0


class UvProgress:
    """Reads uv's lines and says a phase and a fraction in [0, 1]. download: the bytes expected; disk: what they are unpacked;
    asked: the hosts that are asked, in words; now: seconds that only grow. Python's own download comes first, and counts for
    little."""

    def __init__(self, download: int, disk: int, asked: str, now: Callable[[], float] = time.monotonic) -> None:
        self.phase, self.fraction = "Looking up packages", FETCHING
        self.unanswered = 0  # it gives up by itself
        self._download, self._unpacked = max(download, 1), max(disk / max(download, 1), 1.0)
        self._silence = Silence(asked, now)
        self._now, self._looked, self._under_way = now, -_LOOK_EVERY, 0
        self._sizes: dict[str, int] = {}  # of those that are large enough to be told of, by name
        self._done: set[str] = set()
        self._count = 0
        self._stage = "Resolved"
        self._lines = 0

    def read(self, line: str) -> None:
        """Takes one line that uv printed."""
        self._lines += 1
        if match := _DOWNLOADING.match(line):
            name, size, unit = match.groups()
            self._sizes[name] = int(float(size) * _UNITS[unit])
        elif match := _DOWNLOADED.match(line):
            self._done.add(match.group(1))
        elif match := _COUNTED.match(line):
            word, count = match.group(1), int(match.group(2))
            if word == "Resolved":
                self._count = count
                self.phase = f"Fetching {count} packages"
            self._stage = word

    def look(self, cache: Path, packages: Path) -> None:
        """Looks at uv's cache, where packages are unpacked as they come, and at the folder packages are installed in."""
        if self._stage != "Resolved":
            done = len(installed(packages))
            self.phase = f"Installing packages ({min(done, self._count)} of {self._count})"
            if self._stage == "Installed":
                # Python's own compiling, which says nothing until its end.
                self.phase = f"Compiling {self._count} packages"
            share = min(done / max(self._count, 1), 1.0)
            self.fraction = max(self.fraction, INSTALLING + (CHECKING - INSTALLING) * share)
            return
        if self._now() - self._looked >= _LOOK_EVERY:
            self._looked, self._under_way = self._now(), _unpacked_so_far(cache)
        waiting = [name for name in self._sizes if name not in self._done]
        if waiting:
            largest = max(waiting, key=lambda name: self._sizes[name])
            more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            self.phase = f"Downloading {_shown(largest)} ({self._sizes[largest] / 1e6:.0f} MB){more}"
        come = sum(self._sizes[name] for name in self._done if name in self._sizes)
        left = sum(self._sizes[name] for name in waiting)
        come += min(self._under_way / self._unpacked, left)
        self.fraction = max(self.fraction, FETCHING + (INSTALLING - FETCHING) * min(come / self._download, 1.0))
        self.phase = self._silence.noticed(self.phase, (self._lines, self._under_way))


def _shown(name: str) -> str:
    return "Python" if name.startswith("cpython-") else normal_name(name)


def _unpacked_so_far(cache: Path) -> int:
    """The bytes of packages that are under way: uv unpacks each in a temporary folder of its cache as it comes."""
    size = 0
    folders = sorted(cache.glob(".tmp*"))
    while folders:
        try:
            for entry in os.scandir(folders.pop()):
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                else:
                    size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # finished meanwhile
    return size
