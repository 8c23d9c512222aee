"""What a user does in the panel, for the tests of the registered add-on."""

import bpy


def generate(scene: bpy.types.Scene, **values) -> bpy.types.Object:
    """Sets the settings and presses Generate; the object that comes of it."""
    settings = scene.mav3d
    for name, value in ({"prompt": "a red ball bouncing", "quality": "DRAFT", "seed": 7} | values).items():
        setattr(settings, name, value)
    assert bpy.ops.mav3d.generate() == {"FINISHED"}
    return bpy.context.view_layer.objects.active
