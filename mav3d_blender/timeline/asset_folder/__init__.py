"""An asset folder read for Blender: everything in it is checked before any of it is used."""
