"""The engine's own Python environment: finding an interpreter, making the environment, checking it, removing it. No bpy."""
