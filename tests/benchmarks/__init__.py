"""Measurements beside stock Channels: `python -m tests.benchmarks`. Ratios in one run; these are no tests."""
