"""What a scene is conditioned on beside its text: a picture of the object, cut out, with the camera that took it."""
