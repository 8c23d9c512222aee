"""MAV3D in Blender: prompts in, animated textured objects on the timeline out."""


def register() -> None:
    """Adds everything to Blender; jobs of before are listed, and nothing is started."""
    from .registration import register

    register()


def unregister() -> None:
    """Takes everything away again, and ends the engine."""
    from .registration import unregister

    unregister()
