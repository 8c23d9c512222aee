"""What people bring as mesh files: which files are the frames, in what order, and what is in them."""
