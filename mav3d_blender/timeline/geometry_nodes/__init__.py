"""What shape keys and bones can't do: Geometry Nodes that pick a mesh or a material by a keyframed integer."""
