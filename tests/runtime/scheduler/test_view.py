"""What strategies are shown, and that they can only look."""

from __future__ import annotations

import pytest
from scripted import Scripted, point, run

from pytest_concurrency.runtime.scheduler.baton import Baton
from pytest_concurrency.runtime.tasks.protocols import View

SHOWN = sorted(name for name in vars(View) if not name.startswith("_"))


class Looking(Scripted):
    """Notes at each choice what it is shown."""

    def choose(self, enabled, task):
        view = self.view
        self.seen = {name: getattr(view, name) for name in SHOWN}
        self.runnable = view.runnable()
        self.totals = [*getattr(self, "totals", ()), view.total]
        return super().choose(enabled, task)


def test_it_shows_the_execution_that_goes_on(baton: Baton) -> None:
    strategy = Looking(1, 2, 1)
    run(baton, strategy, lambda: point(baton), lambda: point(baton))
    assert [task.index for task in strategy.seen["tasks"]] == [0, 1, 2]
    assert strategy.seen["log"] is baton.record.log
    assert strategy.seen["noted"] is baton.record.noted
    assert strategy.seen["clock"] == pytest.approx(int(strategy.seen["clock"]))
    assert strategy.totals == sorted(strategy.totals)
    assert strategy.runnable == strategy.seen["enabled"]


def test_nothing_of_it_can_be_set(baton: Baton) -> None:
    strategy = Looking()
    run(baton, strategy, lambda: point(baton), lambda: point(baton))
    for name in (*SHOWN, "anything"):
        with pytest.raises(AttributeError):
            setattr(strategy.view, name, None)


def test_the_terms_of_executions_are_frozen(baton: Baton) -> None:
    for name in baton.terms._fields:
        with pytest.raises(AttributeError):
            setattr(baton.terms, name, None)


def test_each_execution_has_a_record_and_an_account_of_its_own(baton: Baton) -> None:
    run(baton, Scripted(2), lambda: point(baton), lambda: point(baton))
    record, account = baton.record, baton.account
    noted, switches = list(record.noted), list(account.switches)
    run(baton, Scripted(), lambda: point(baton))
    assert baton.record is not record
    assert baton.account is not account
    assert (record.noted, account.switches) == (noted, switches)
