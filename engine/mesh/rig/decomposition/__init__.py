"""Bones found in the motion of vertices: smooth skinning decomposition."""
