"""MAV3D's engine: text to an animated, textured 3D scene. Runs in its own process, without Blender."""
