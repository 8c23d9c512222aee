import bpy

from mav3d_blender.timeline.asset_browser import mark_as_asset


def test_a_result_is_found_by_its_prompt_and_preset(addon):
    host = bpy.data.objects.new("Host", bpy.data.meshes.new("Host"))
    addon.collection.objects.link(host)
    host.mav3d.prompt, host.mav3d.preset = "A red ball on a red cube", "open"
    mark_as_asset(host)
    assert host.asset_data.description == "A red ball on a red cube"
    assert {tag.name for tag in host.asset_data.tags} == {"mav3d", "open", "red", "ball", "cube"}
