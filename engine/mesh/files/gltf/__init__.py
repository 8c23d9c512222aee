"""glTF 2.0: its JSON and buffers (`document`), what is in the scene, its animation, its materials."""
