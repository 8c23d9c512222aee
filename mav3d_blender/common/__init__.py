"""What every room may use: the engine's contract, where the add-on lives, files, durations."""
