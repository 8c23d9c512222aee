"""MVDream's multi-view U-Net, which diffusers does not have."""
