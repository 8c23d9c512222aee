"""Talks to the engine: jobs in, events out, and the engine's process. No bpy."""
