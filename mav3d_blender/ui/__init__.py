"""Panels, preferences, properties and menus: drawing only."""

from . import menus, panels, preferences

CLASSES = (*preferences.CLASSES, *panels.CLASSES, *menus.CLASSES)
