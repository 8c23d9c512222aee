"""Jobs on disk and the history of prompts. No bpy."""
