"""What is drawn in 3D views and as icons."""
