"""REST of the desk, below ``/api/v1/``."""
