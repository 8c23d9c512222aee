"""The three stages of MAV3D, each a function over one optimisation step."""
