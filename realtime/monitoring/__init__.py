"""How the engine is doing: health checks and Prometheus metrics."""
