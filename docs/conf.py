"""Configuration of Sphinx."""

from __future__ import annotations

from pytest_concurrency import __version__

project = "pytest-concurrency"
author = "The pytest-concurrency authors"
copyright = f"2026, {author}"
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# Prompts and output are no part of what is copied.
copybutton_exclude = ".linenos, .gp, .go"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"pytest-concurrency {release}"
html_theme_options = {"source_repository": "", "navigation_with_keys": True}
