"""What came of a prompt, measured: colour, shape, motion, R-Precision, and what each part of the method is worth."""
