"""From a field to textured meshes on disk."""
