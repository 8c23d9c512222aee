"""The engine as a process that other programs drive by messages on stdin and stdout."""
