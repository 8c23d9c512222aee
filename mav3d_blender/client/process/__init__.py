"""The engine's process: started, spoken to through pipes, and ended, without blocking Blender. No bpy."""
