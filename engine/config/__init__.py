"""Every number of a run, as typed Python values: stages, qualities, ablations."""
