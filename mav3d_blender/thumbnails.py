"""Small pictures of jobs for the panel, loaded when they are first drawn."""

from __future__ import annotations

from pathlib import Path

import bpy
import bpy.utils.previews

MOST = 60


class Thumbnails:
    """Icons by path, at most MOST of them at a time."""

    def __init__(self) -> None:
        self._loaded = bpy.utils.previews.new()
        self._names: dict[str, str] = {}

    def icon(self, path: str) -> int:
        """The icon of a picture, 0 where it is gone. Previews of one job have a name each, so that a path never changes."""
        if not path:
            return 0
        if path not in self._names:
            if not Path(path).is_file():
                return 0
            if len(self._names) >= MOST:
                self.clear()
            self._names[path] = f"{len(self._names)} {path}"
        name = self._names[path]
        if name not in self._loaded:
            self._loaded.load(name, path, "IMAGE")
        return self._loaded[name].icon_id

    def clear(self) -> None:
        """Forgets every picture."""
        self._loaded.clear()
        self._names.clear()

    def remove(self) -> None:
        """Gives Blender its memory back; the object is of no use after that."""
        bpy.utils.previews.remove(self._loaded)
