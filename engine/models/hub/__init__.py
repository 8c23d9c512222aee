"""Models of the Hugging Face hub: what to fetch, fetching it, and where it is kept."""
