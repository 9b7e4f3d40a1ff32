"""A small shop whose models are live, and what is told of their rows."""
