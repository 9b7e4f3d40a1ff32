"""Small apps that make their own models live: what a reader copies from."""
