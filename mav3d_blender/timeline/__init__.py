"""Asset folders become Blender data on the timeline. No user interface: scripts and operators call it alike."""

from .archive import AssetError
from .armature import armature_of
from .bake import BakeError, bake_to_frames, frames_to_shape_keys, rig_to_shape_keys
from .place import Imported, import_asset
from .timing import REPEATS, Timing

__all__ = [
    "REPEATS", "AssetError", "BakeError", "Imported", "Timing", "armature_of", "bake_to_frames", "frames_to_shape_keys",
    "import_asset", "rig_to_shape_keys",
]  # fmt: skip
