"""What the engine and its callers agree on: messages, errors, words, how a prompt is read. Standard library only."""
