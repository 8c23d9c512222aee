"""A mesh that is given in place of a body that the models make."""
