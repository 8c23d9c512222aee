"""A body that no longer changes itself: read from a grid (`baked`), and posed on one for each frame (`posed`)."""
