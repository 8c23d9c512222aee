"""Prompts in the models' own encodings."""
