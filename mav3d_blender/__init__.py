"""MAV3D in Blender: prompts in, animated textured objects on the timeline out."""


def register() -> None:
    """Registers the add-on; starts no engine."""
    from .registration import register

    register()


def unregister() -> None:
    """Removes the add-on and ends the engine."""
    from .registration import unregister

    unregister()
