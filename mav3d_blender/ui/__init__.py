"""Panels, preferences, properties and menus: drawing only."""
