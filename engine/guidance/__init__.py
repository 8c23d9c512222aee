"""Guidance: prompts, score distillation, and diffusion models that turn rendered frames into gradients."""
