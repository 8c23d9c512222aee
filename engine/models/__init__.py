"""Loading diffusion models, and the built-in ones."""
