"""From a finished asset to an object in the scene: when, where, and how it was made."""
