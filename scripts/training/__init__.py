"""Training of the built-in models; `scripts/train_primitives` is the way in."""
