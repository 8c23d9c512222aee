import bpy

from mav3d_blender.controller import timer
from mav3d_blender.controller.placing.collections import remove_empty
from tests.mav3d_blender.scenes import generate
from tests.waiting import until


def test_the_collection_of_a_deleted_result_goes_with_it(addon):
    first, second = generate(addon), generate(addon)
    own = bpy.data.collections.new("The person's own")
    addon.collection.children.link(own)
    (gone,), (kept,) = first.users_collection, second.users_collection
    names = gone.name, kept.name
    remove_empty()
    assert {*names} <= set(bpy.data.collections.keys())
    bpy.data.objects.remove(first)
    # Ticks in which something else is new draw, and tidy nothing.
    until(lambda: timer.tick() and names[0] not in bpy.data.collections)
    assert names[1] in bpy.data.collections and own.name in bpy.data.collections
