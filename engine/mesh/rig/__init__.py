"""A skeleton for a mesh that moves: bones, weights, joints and names an animator can work with."""
