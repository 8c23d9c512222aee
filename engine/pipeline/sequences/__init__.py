"""Mesh sequences that people bring: one mesh through all frames, bones for what moves, pictures of how well it follows."""
