"""Diffusion models as teachers: prompts, score distillation, and one guidance for each role.

Each guidance has `gradient(frames, prompt, cameras, step, generator, low_resolution=None)`: rendered frames
[cameras, frames, 3, height, width] in [0, 1] in, the gradient with respect to them out, and nothing else.
"""
