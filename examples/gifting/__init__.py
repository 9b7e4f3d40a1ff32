"""Wish lists of a family: topics for the topic clients of /ws, with all six verbs."""
