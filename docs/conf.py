"""Sphinx's settings: Markdown (MyST), the Furo theme, nothing loaded from elsewhere. `make docs` builds with warnings as errors."""

from __future__ import annotations

project = "Livedesk"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

html_theme = "furo"
html_title = "Livedesk"
html_copy_source = False
html_show_sphinx = False
html_extra_path = ["asyncapi.json"]
