"""Keyframes: when a clip's frames are shown, and curves written whole."""
