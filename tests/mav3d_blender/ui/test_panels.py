from dataclasses import replace

import bpy

from mav3d_blender.controller.state import state
from mav3d_blender.ui import panels
from tests.mav3d_blender.scenes import generate
from tests.mav3d_blender.ui.layouts import drawn


def test_the_panel_shows_words_and_what_is_wrong_with_the_prompt(addon):
    main = drawn(panels.MAV3D_PT_main)
    assert "Object Color" in main.text and "Unknown" not in main.text
    picks = {options.kind: text for name, text, options in main.buttons if name == "mav3d.say_word"}
    assert picks["objects"] == "Pick…" and "colours" in picks
    addon.mav3d.prompt = "a corgi"
    main = drawn(panels.MAV3D_PT_main)
    assert "Unknown: corgi" in main.text and "mav3d.generate" in main.disabled
    addon.mav3d.prompt = "a red ball"
    assert drawn(panels.MAV3D_PT_main).disabled == []
    addon.mav3d.preset, addon.mav3d.prompt = "paper", "a corgi"
    main = drawn(panels.MAV3D_PT_main)
    assert "Object" not in main.text and {name for name, *_ in main.buttons} == {
        "mav3d.generate", "mav3d.estimate", "mav3d.four_seeds",
    }  # fmt: skip


def test_the_panel_says_where_to_set_up_the_engine(addon, preferences, tmp_path):
    preferences.engine_python = str(tmp_path / "none")
    main = drawn(panels.MAV3D_PT_main)
    assert "There is no Python at" in main.text and main.buttons[0][0] == "mav3d.open_preferences"


def test_every_setting_of_a_request_is_in_a_panel_once(addon):
    shown = [name for cls in panels.CLASSES[:4] for name in drawn(cls).properties]
    own = ("rna_type", "name", "result")
    assert sorted(shown) == sorted(name for name in addon.mav3d.bl_rna.properties.keys() if name not in own)


def test_a_job_has_the_buttons_of_its_state(addon):
    host = generate(addon)
    jobs = drawn(panels.MAV3D_PT_jobs)
    assert [name for name, *_ in jobs.buttons] == [
        "mav3d.select_result", "mav3d.remove", "mav3d.place", "mav3d.retry", "mav3d.clear_finished",
    ]  # fmt: skip
    assert jobs.buttons[0][2].job == host.mav3d.job and "Done" in jobs.text and "0 kB on disk" in jobs.text
    assert jobs.folded == [f"mav3d_{host.mav3d.job}_finished"]
    store = state().session.store
    job = replace(store.get(host.mav3d.job), state="RUNNING", stage="dynamic", step=3, steps=4, eta_s=60.0)
    store.put(job)
    state().notices.warning = "The engine ended."
    jobs = drawn(panels.MAV3D_PT_jobs)
    assert "Motion 3/4, 1 min 0 s left" in jobs.text and "The engine ended." in jobs.text
    assert [name for name, *_ in jobs.buttons] == [
        "mav3d.dismiss", "mav3d.show_log", "mav3d.cancel", "mav3d.finish_now", "mav3d.clear_finished",
    ]  # fmt: skip
    assert jobs.folded == []
    store.put(replace(job, state="DONE"))


def test_the_result_and_the_engine_have_panels(addon):
    assert not panels.MAV3D_PT_result.poll(bpy.context)
    host = generate(addon)
    with bpy.context.temp_override(object=host):
        assert panels.MAV3D_PT_result.poll(bpy.context)
        assert "seed 7" in drawn(panels.MAV3D_PT_result).text
    assert "Ready: version fake on cpu" in drawn(panels.MAV3D_PT_engine).text


def test_an_estimate_goes_when_the_settings_change(addon):
    addon.mav3d.prompt = "a red ball"
    assert bpy.ops.mav3d.estimate() == {"FINISHED"}
    assert "About 1 min 40 s" in drawn(panels.MAV3D_PT_main).text
    addon.mav3d.seed = 9
    assert "About 1 min 40 s" in drawn(panels.MAV3D_PT_main).text
    addon.mav3d.quality = "HIGH"
    assert "About" not in drawn(panels.MAV3D_PT_main).text


def test_settings_of_public_models_are_offered_with_these_alone(addon):
    for preset, shown in (("primitives", False), ("creatures", False), ("open", True), ("custom", True)):
        addon.mav3d.preset = preset
        assert panels.MAV3D_PT_models.poll(bpy.context) is shown
