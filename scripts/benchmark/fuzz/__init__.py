"""Damaged files and messages by the thousand, and whether each is read or refused in one sentence."""
