"""Whether a body that bends is what its prompt says: measured against the analytic world's own, posed frame by frame."""
