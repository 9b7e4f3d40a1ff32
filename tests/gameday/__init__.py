"""A game day: every part of a real set-up is taken away in turn, named from metrics and health endpoints alone, and given back."""
