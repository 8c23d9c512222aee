import bpy

import mav3d_blender


def test_registering_twice_leaves_nothing_behind(addon):
    mav3d_blender.unregister()
    for where in (bpy.types.Scene, bpy.types.Object):
        assert not hasattr(where, "mav3d")
    assert not [name for name in dir(bpy.types) if name.startswith("MAV3D")]
    assert not [handler for handler in bpy.app.handlers.load_post if "mav3d" in handler.__module__]
    mav3d_blender.register()


def test_another_file_has_no_jobs_of_its_own_yet(addon):
    from mav3d_blender.controller.state import state

    before = state().results.file
    bpy.ops.wm.read_homefile(use_empty=True)
    # Handlers stay only where they are marked as persistent.
    assert state().results.file != before
