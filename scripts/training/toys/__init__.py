"""Training of the built-in models of the ten rigid toys and of their scorer: `python -m scripts.training.toys`."""
