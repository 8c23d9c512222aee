"""The 4D scene: field, cameras, occupancy, rendering."""
