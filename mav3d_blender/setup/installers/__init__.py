"""The programs that put packages into an environment, pip and uv: how they are run, and what they say."""
