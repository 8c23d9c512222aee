"""A model's folder in diffusers' layout: what is in it, whether it is whole, and loading it."""
