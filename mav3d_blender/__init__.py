"""MAV3D in Blender: prompts in, animated textured objects on the timeline out."""
