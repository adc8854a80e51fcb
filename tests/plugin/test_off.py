"""Installed, but without its flag, the plugin changes nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import RACY

HEAVY = (
    "pytest_concurrency.session",
    "pytest_concurrency.model",
    "pytest_concurrency.runtime",
    "pytest_concurrency.instrument",
    "pytest_concurrency.search",
    "pytest_concurrency.stress",
    "pytest_concurrency.report",
    "multiprocessing",
)


def test_nothing_is_loaded_and_nothing_is_patched(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import sys, threading, time
        import pytest

        @pytest.mark.threadsafe
        def test_it():
            def plain(): pass
            loaded = [name for name in {HEAVY} if name in sys.modules]
            assert loaded == []
            assert threading.Thread.start.__module__ == "threading"
            assert type(time.sleep).__name__ == "builtin_function_or_method"
            assert not [name for name in globals() if name in ("@get", "@set")]
        """
    )
    others = ("xdist", "rerunfailures", "hypothesispytest", "pytest_cov", "timeout")
    without = [word for name in others for word in ("-p", f"no:{name}")]
    result = pytester.runpytest_subprocess(*without)
    result.assert_outcomes(passed=1)
    assert "concurrency:" not in result.stdout.str()
    assert "= concurrency =" not in result.stdout.str()


def test_outcomes_are_the_same(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""{RACY}
def test_skips(): pytest.skip("why not")

@pytest.mark.thread_unsafe
def test_fails(): assert 0

@pytest.mark.xfail
def test_expected(): assert 0

@pytest.fixture
def broken(): raise ValueError

def test_error(broken): pass
"""
    )
    expected = {"passed": 1, "skipped": 1, "failed": 1, "xfailed": 1, "errors": 1}
    result = pytester.runpytest_inprocess("--strict-markers")
    assert result.parseoutcomes() == expected
    assert result.ret == 1


def test_the_package_itself_is_light() -> None:
    """Whoever imports it for ``explore`` pays for that, nobody else."""
    program = "import sys, pytest_concurrency; print('pytest_concurrency.runtime' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"
