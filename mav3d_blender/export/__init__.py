"""Results as files for other programs: written from a scene of their own, opened again and compared."""
