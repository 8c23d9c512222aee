"""What a run needs of a device's memory, known before anything is loaded."""
