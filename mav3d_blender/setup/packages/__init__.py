"""Which packages an environment gets: the pinned list, the builds of PyTorch, and the indexes they come from."""
