"""Checks, before anything runs, that what the options name is there: packages, a token's test."""

from __future__ import annotations

import pytest

from pytest_concurrency.instrument.scope import places_of
from pytest_concurrency.search.token import Token, fingerprint
from pytest_concurrency.settings.options import Options
from pytest_concurrency.settings.rules import shown


def check_named(session: pytest.Session, options: Options, token: Token | None) -> None:
    """Refuse a package that cannot be found, and a token that does not fit the selected tests."""
    items = session.items
    for name in options.base.source if items else ():
        if not places_of(name.removeprefix("-")):
            raise _refused(
                session,
                "--concurrency-source (ini option concurrency_source): there is no package or "
                f"module {shown(name.removeprefix('-'))} that could be imported from here",
            )
    if token is None or session.config.option.collectonly:
        return
    if not items:
        raise _refused(
            session,
            "--concurrency-replay: the test is not here: run the command in the directory in "
            "which the finding was printed, or give the test's path as seen from here",
        )
    if len(items) > 1:
        raise _refused(
            session,
            f"--concurrency-replay replays one test, but {len(items)} are selected: "
            "name the test that the token was printed for",
        )
    if fingerprint(items[0].nodeid) != token.test:
        raise _refused(
            session,
            f"replay token {shown(options.replay)} belongs to another test than {items[0].nodeid}",
        )


def _refused(session: pytest.Session, text: str) -> Exception:
    """Return what ends a session whose options do not fit its tests."""
    if hasattr(session.config, "workerinput"):
        # xdist takes a worker that ends with a UsageError for a crash; this it hands over.
        session.shouldstop = text
        return session.Failed(text)
    return pytest.UsageError(text)
