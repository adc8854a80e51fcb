"""Running pytest without the other plugins that happen to be installed."""

from __future__ import annotations

from importlib.metadata import entry_points

PLUGIN = "concurrency_stress"
"""Our own name among them."""


def neighbours_off() -> list[str]:
    """Return the arguments that keep every plugin but ours out of a pytest run."""
    names = {point.name for point in entry_points(group="pytest11")} - {PLUGIN}
    return [argument for name in sorted(names) for argument in ("-p", f"no:{name}")]


def collect_only(empty: str, *, with_plugin: bool) -> list[str]:
    """Return arguments that collect an empty file.

    Without other plugins: what they import would hide some of what we import, and blur the rest.
    """
    off = neighbours_off() + ([] if with_plugin else ["-p", f"no:{PLUGIN}"])
    return ["--collect-only", "-q", "-p", "no:cacheprovider", *off, empty]
