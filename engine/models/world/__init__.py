"""The analytic world the built-in models are trained on: shapes, motions, colours, and clips rendered from them."""
