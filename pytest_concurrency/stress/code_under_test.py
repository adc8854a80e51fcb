"""Which code is instrumented in a session: for all tests, and for one test in particular."""

from __future__ import annotations

from functools import cached_property

import pytest

from pytest_concurrency.instrument.project import declared_packages, test_tools
from pytest_concurrency.instrument.scope import Scope
from pytest_concurrency.instrument.stored import StoredCode
from pytest_concurrency.instrument.swap import Instrumentation
from pytest_concurrency.settings.options import Options
from pytest_concurrency.stress.children import coverage_bridge
from pytest_concurrency.stress.item.host import Host
from pytest_concurrency.stress.item.pytest_timeout import paused
from pytest_concurrency.stress.item.rerun import loaded_modules
from pytest_concurrency.stress.survey import Survey, survey

LONGEST_SURVEY_SECONDS = 10.0


class CodeUnderTest:
    """What a session instruments."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._instrumentations: dict[tuple[str, ...], Instrumentation] = {}
        """By the packages that tests make us add: what one test sees does not depend on others."""

    @cached_property
    def scope(self) -> Scope:
        """What is instrumented whatever the tests do: the project, and what was asked for."""
        return Scope(
            [self._config.rootpath],
            [
                *self._options.base.source,
                *declared_packages(self._config.rootpath),
                *coverage_bridge.source(),
            ],
        )

    @cached_property
    def _stored(self) -> StoredCode | None:
        """Where instrumented code is kept; None with ``-p no:cacheprovider``, or where pytest's
        cache cannot be written.
        """
        try:
            return StoredCode(self._config.cache.mkdir("concurrency-code"))
        except (AttributeError, OSError):
            return None

    def instrumentation(self, added: tuple[str, ...]) -> Instrumentation:
        """Return that for tests which enter these packages besides."""
        known = self._instrumentations.get(added)
        if known is None:
            scope = self.scope.with_packages(added) if added else self.scope
            known = self._instrumentations[added] = Instrumentation(scope, self._stored)
        return known

    def survey(self, item: pytest.Function, seconds: float, host: Host) -> Survey:
        """Look at what code the test runs, in at most half of the ``seconds`` that it has; nothing
        is known of one that does not end.
        """
        scope = self.scope
        # What would take every child its time again, and most of its memory.
        test_tools()
        loaded_modules()
        with paused(item):
            result = host.run(
                lambda progress: survey(item, scope),
                seconds=min(seconds / 2, LONGEST_SURVEY_SECONDS),
            )
        return result.value or Survey(is_known=False)
