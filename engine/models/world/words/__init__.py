"""What the world's prompts are made of: the words and what they mean, other words for them, the vocabulary for the contract."""
