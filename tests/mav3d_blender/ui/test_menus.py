from types import SimpleNamespace

import bpy
import pytest

from mav3d_blender import operators
from mav3d_blender.ui import menus
from mav3d_blender.ui.menus import MAV3D_MT_history
from tests.mav3d_blender.scenes import generate
from tests.mav3d_blender.ui.layouts import Layout, drawn


def test_recent_prompts_are_in_the_menu(addon):
    assert drawn(MAV3D_MT_history).text == "No prompts yet"
    generate(addon)
    ((name, text, options),) = drawn(MAV3D_MT_history).buttons
    assert name == "mav3d.use_settings" and "a red ball bouncing" in text and options.entry == 0


# Blender's search without Developer Extras finds what its menus name. These need a row of a list, a file or a dialog of theirs.
ELSEWHERE = {
    "mav3d.use_settings", "mav3d.dismiss", "mav3d.remove", "mav3d.cancel_fetch", "mav3d.cancel_install", "mav3d.use_device",
    "mav3d.use_python", "mav3d.find_pythons", "mav3d.copy_report", "mav3d.uninstall_engine", "mav3d.say_word",
    "mav3d.choose_draft",
}  # fmt: skip


def test_the_search_finds_every_operator(addon):
    named = set()
    for draw in menus.ENTRIES.values():
        layout = Layout()
        draw(SimpleNamespace(layout=layout), bpy.context)
        waiting = list(layout.menus)
        named |= {name for name, *_ in layout.buttons}
        while waiting:
            inner = drawn(getattr(bpy.types, waiting.pop()))
            named |= {name for name, *_ in inner.buttons}
            waiting += inner.menus
    assert named | ELSEWHERE == {cls.bl_idname for cls in operators.CLASSES} and not named & ELSEWHERE


@pytest.mark.parametrize("name", menus.ENTRIES)
def test_entries_come_and_go(addon, name):
    draw = menus.ENTRIES[name]
    assert draw in getattr(bpy.types, name)._dyn_ui_initialize()
    menus.remove()
    assert draw not in getattr(bpy.types, name)._dyn_ui_initialize()
    menus.append()
