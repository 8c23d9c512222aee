"""MAV3D: text to animated 3D, as a Blender extension."""


def register() -> None:
    """Blender enables the extension."""
    from . import mav3d_blender

    mav3d_blender.register()


def unregister() -> None:
    """Blender disables it."""
    from . import mav3d_blender

    mav3d_blender.unregister()
