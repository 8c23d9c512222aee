"""Previews of jobs as icons for the panel, loaded when they are first drawn."""

from __future__ import annotations

from pathlib import Path

import bpy
import bpy.utils.previews
import imbuf

MAX_ICONS = 60
MAX_FILE_BYTES = 4 * 2**20
# The sidebar shows them a little larger. For one that it shows at half its size or less, Blender makes mipmaps, and the driver
# compiles a shader for those: without a graphics card the window would stand still for a second.
SIZE = 48


class Thumbnails:
    """Icons by path, at most MAX_ICONS at a time."""

    def __init__(self) -> None:
        self._loaded = bpy.utils.previews.new()
        self._icons: dict[str, int] = {}
        self._written = 0

    def icon(self, path: str) -> int:
        """The icon of an image file, 0 where there is none. The engine gives each preview a new name: a path never changes."""
        if not path:
            return 0
        if path not in self._icons:
            if not Path(path).is_file():
                return 0
            if len(self._icons) >= MAX_ICONS:
                self.clear()
            self._icons[path] = self._load(path)
        return self._icons[path]

    def clear(self) -> None:
        """Frees all icons."""
        self._loaded.clear()
        self._icons.clear()

    def remove(self) -> None:
        """Frees all icons and the collection; use nothing of the object after that."""
        bpy.utils.previews.remove(self._loaded)

    def _load(self, path: str) -> int:
        """The icon of a smaller copy, in the folder that Blender removes when it ends; 0 where there is no image."""
        self._written += 1
        copy = str(Path(bpy.app.tempdir) / f"mav3d_{self._written}.png")
        try:
            if Path(path).stat().st_size > MAX_FILE_BYTES:
                return 0
            image = imbuf.load(path)
            # The scale is 0 where nothing is drawn on a screen.
            limit = round(SIZE * (bpy.context.preferences.system.ui_scale or 1.0))
            image.resize(fit_size(*image.size, limit), method="BILINEAR")
            imbuf.write(image, filepath=copy)
        except (OSError, ValueError):
            return 0
        preview = self._loaded.load(copy, copy, "IMAGE")
        # Has it read now, in a millisecond: the job that would read it later has the whole window drawn again.
        return preview.icon_id if min(preview.image_size) else 0


def fit_size(width: int, height: int, limit: int) -> tuple[int, int]:
    """Width and height in pixels, scaled down to `limit` at most, in the same proportion."""
    scale = min(1.0, limit / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
