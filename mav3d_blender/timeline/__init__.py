"""Asset folders become Blender data on the timeline. No user interface: scripts and operators call it alike."""

from .animate import animate_object, check_animated
from .animation.keyframes import repeat_of
from .animation.timing import REPEATS, Timing
from .armature import armature_of
from .asset_folder.archive import AssetError
from .bake import BakeError, bake_to_frames, frames_to_shape_keys, rig_to_shape_keys
from .edit_frame import begin_frame_edit, edited_sequence, end_frame_edit
from .own_rig import uneven
from .place import Imported, import_asset, set_fps
from .replace import basis_at, carrier_of, moved, release, released_place, replace_result
from .retime import Pace, motion_curves, retime, smooth
from .standing import ORIGINS, clip_box, stand, z_up
from .transform_keys import to_transform_keys

__all__ = [
    "ORIGINS", "REPEATS", "AssetError", "BakeError", "Imported", "Pace", "Timing", "animate_object", "armature_of",
    "bake_to_frames", "basis_at", "begin_frame_edit", "carrier_of", "check_animated", "clip_box", "edited_sequence",
    "end_frame_edit", "frames_to_shape_keys", "import_asset", "motion_curves", "moved", "release", "released_place",
    "repeat_of", "replace_result", "retime", "rig_to_shape_keys", "set_fps", "smooth", "stand", "to_transform_keys", "uneven",
    "z_up",
]  # fmt: skip
