"""An asset folder into a .blend: python examples/asset_into_blender.py output/ball/asset ball.blend

Runs in the engine's environment, which has Blender as a module, or inside Blender:
blender --background --python examples/asset_into_blender.py -- output/ball/asset ball.blend
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from mav3d_blender.timeline import import_asset  # noqa: E402


def build(asset: Path, blend: Path) -> None:
    """The animated object on the timeline, and nothing else; the clip loops, at its own speed."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    import_asset(asset, bpy.context.scene, repeat="LOOP", match_frame_range=True, match_fps=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(blend.resolve()))


if __name__ == "__main__":
    build(*(Path(name) for name in sys.argv[-2:]))
