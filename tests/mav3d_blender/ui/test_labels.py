import bpy

from mav3d_blender.ui.labels import wrapped_label
from tests.mav3d_blender.ui.layouts import Layout


def test_text_goes_over_as_many_lines_as_it_needs():
    layout = Layout()
    words = "one two three four five six seven eight nine ten eleven twelve thirteen"
    wrapped_label(layout, bpy.context, words, "ERROR")
    lines, icons = zip(*layout.texts, strict=True)
    # 250 pixels less the icon's, 6.4 a character.
    assert len(lines) > 1 and max(map(len, lines)) <= (250 - 70) // 6.4 and " ".join(lines) == words
    assert icons == ("ERROR", *["BLANK1"] * (len(lines) - 1))


def test_no_text_is_one_empty_line():
    layout = Layout()
    wrapped_label(layout, bpy.context, "")
    assert layout.texts == [("", "NONE")]
