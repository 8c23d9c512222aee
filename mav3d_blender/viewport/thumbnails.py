"""Small pictures of jobs for the panel, loaded when they are first drawn."""

from __future__ import annotations

from pathlib import Path

import bpy
import bpy.utils.previews
import imbuf

MOST = 60
LARGEST_FILE = 4 * 2**20
# The sidebar shows them a little larger. For one that it shows at half its size or less, Blender makes mipmaps, and the driver
# compiles a shader for those: without a graphics card the window would stand still for a second.
SIZE = 48


class Thumbnails:
    """Icons by path, at most MOST of them at a time."""

    def __init__(self) -> None:
        self._loaded = bpy.utils.previews.new()
        self._icons: dict[str, int] = {}
        self._written = 0

    def icon(self, path: str) -> int:
        """The icon of a picture, 0 where it is gone or is none. Previews of one job have a name each, so that a path never
        changes."""
        if not path:
            return 0
        if path not in self._icons:
            if not Path(path).is_file():
                return 0
            if len(self._icons) >= MOST:
                self.clear()
            self._icons[path] = self._load(path)
        return self._icons[path]

    def clear(self) -> None:
        """Forgets every picture."""
        self._loaded.clear()
        self._icons.clear()

    def remove(self) -> None:
        """Gives Blender its memory back; the object is of no use after that."""
        bpy.utils.previews.remove(self._loaded)

    def _load(self, path: str) -> int:
        """The icon of a smaller copy, in the folder that Blender removes when it ends; 0 where there is no picture."""
        self._written += 1
        copy = str(Path(bpy.app.tempdir) / f"mav3d_{self._written}.png")
        try:
            if Path(path).stat().st_size > LARGEST_FILE:
                return 0
            picture = imbuf.load(path)
            picture.resize(fitting(*picture.size, round(SIZE * bpy.context.preferences.system.ui_scale)), method="BILINEAR")
            imbuf.write(picture, filepath=copy)
        except (OSError, ValueError):
            return 0
        preview = self._loaded.load(copy, copy, "IMAGE")
        # Has it read now, in a millisecond: the job that would read it later has the whole window drawn again.
        return preview.icon_id if min(preview.image_size) else 0


def fitting(width: int, height: int, most: int) -> tuple[int, int]:
    """Width and height in the same proportion, both at most `most` pixels; never larger than they are."""
    scale = min(1.0, most / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
