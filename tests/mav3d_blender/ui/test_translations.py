import bpy
import pytest

from mav3d_blender.jobs.job import STAGES, Job
from mav3d_blender.ui import job_list, panels, translations
from tests.mav3d_blender.ui.layouts import drawn

# Names, and settings of which the panel shows a shorter label.
NAMES = {"MAV3D", "Result", "Image Guidance", "Video Guidance", "Upscaler Guidance"}
TABLE = translations.messages()


def test_every_text_is_there_in_every_language_and_context():
    assert set(TABLE) == set(translations.LOCALES)
    for texts in TABLE.values():
        assert {text for _, text in texts} == set(translations.TEXTS) and all(word.strip() for word in texts.values())
        assert {context for context, _ in texts} == {"*", "Operator", "MAV3D"}


def test_what_the_panels_draw_is_translated(addon):
    addon.mav3d.prompt = "a red ball"
    said = {cls.bl_label for cls in panels.CLASSES}
    for cls in panels.CLASSES[:4] + panels.CLASSES[5:]:
        layout = drawn(cls)
        said |= {addon.mav3d.bl_rna.properties[name].name for name in layout.properties}
        for name, *_ in layout.buttons:
            group, operator = name.split(".")
            said.add(getattr(getattr(bpy.ops, group), operator).get_rna_type().name)
    assert said - NAMES <= set(translations.TEXTS)


def test_what_the_list_of_jobs_says_is_translated():
    said = {text for buttons in job_list.BUTTONS.values() for _, text, _ in buttons}
    said |= {job_list.state_text(Job("a", "", {}, state=state), "") for state in job_list.ICONS if state != "RUNNING"}
    assert said <= set(translations.TEXTS)
    assert {"Shape", "Motion", "Detail", "Mesh", "Tracking", "Texture"} <= set(STAGES.values()) & set(translations.TEXTS)


@pytest.mark.parametrize("locale", translations.LOCALES)
def test_no_translation_is_much_wider_than_a_button(locale):
    # Characters of East Asian scripts are twice as wide.
    wide = 2 if locale in ("ja_JP", "zh_HANS") else 1
    assert max(len(word) * wide for word in TABLE[locale].values()) <= 28


@pytest.mark.parametrize("locale", translations.LOCALES)
def test_no_label_beside_a_field_is_cut_at_the_sidebar_s_own_width(addon, locale):
    wide = 2 if locale in ("ja_JP", "zh_HANS") else 1
    addon.mav3d.preset = "open"
    for cls in (panels.MAV3D_PT_placement, panels.MAV3D_PT_details, panels.MAV3D_PT_models):
        # In English, as the tests' Blender is; what stands to the right of a box has more room.
        for name, text in drawn(cls).labels.items():
            if text and addon.mav3d.bl_rna.properties[name].type != "BOOLEAN":
                word = TABLE[locale]["MAV3D", text]
                assert wide * len(word) <= 14, word
