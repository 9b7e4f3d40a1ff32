"""REST in one voice: errors with stable codes, lists by cursor."""
