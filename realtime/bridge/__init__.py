"""Neighbours: what other services send in and get out, over Redis and HTTP."""
