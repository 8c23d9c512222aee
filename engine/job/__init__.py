"""A job: its request, checked and resolved once; its folder; its lock; what may change later. Imports no torch."""
