import json

import bpy
import pytest

from mav3d_blender.controller.placing.recipe import read_recipe, request_of_asset, write_recipe
from mav3d_blender.timeline.asset_folder.asset import read_asset
from tests.mav3d_blender.timeline.assets import write_fixed_asset


def test_a_recipe_comes_back_from_its_object(addon, tmp_path):
    write_fixed_asset(tmp_path / "asset")
    asset, host = read_asset(tmp_path / "asset"), bpy.data.objects.new("Host", None)
    write_recipe(host, asset, {"prompt": "an octahedron", "seed": 9}, "job-1")
    assert read_recipe(host) == {"prompt": "an octahedron", "seed": 9}
    assert (host.mav3d.prompt, host.mav3d.job, host.mav3d.topology) == ("an octahedron growing", "job-1", "fixed")
    assert request_of_asset(asset).items() <= asset.about.items() and "files" not in request_of_asset(asset)


@pytest.mark.parametrize("request_text", ["{", "[1]", json.dumps({"seed": 1})])
def test_a_damaged_recipe_is_an_error(addon, request_text):
    host = bpy.data.objects.new("Host", None)
    host.mav3d.request = request_text
    with pytest.raises(ValueError):
        read_recipe(host)
