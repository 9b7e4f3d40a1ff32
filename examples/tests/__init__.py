"""The example apps on a running server."""
