"""An hour of random work at a desk, beside a book of what must come of it."""
