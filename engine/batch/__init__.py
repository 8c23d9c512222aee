"""Many requests from one file: a job folder each, one after the other or over a cluster, and one sheet of all results."""
