"""Asset folders become Blender data on the timeline. No user interface: scripts and operators call it alike."""

from .place import Imported, import_asset

__all__ = ["Imported", "import_asset"]
