from mav3d_blender.ui.menus import MAV3D_MT_history
from tests.mav3d_blender.scenes import generate
from tests.mav3d_blender.ui.layouts import drawn


def test_recent_prompts_are_in_the_menu(addon):
    assert drawn(MAV3D_MT_history).text == "No prompts yet"
    generate(addon)
    ((name, text, options),) = drawn(MAV3D_MT_history).buttons
    assert name == "mav3d.use_settings" and "a red ball bouncing" in text and options.entry == 0
