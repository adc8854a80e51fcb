"""The nouns of the project: plain, frozen data that every room may import.

Nothing here does anything. A test has a *plan* of *cells*; running a cell gives a *cell result*
with the *hazards* it found; comparing the cells gives the *isolation verdict*; all of it together
is a *stress report*, which crosses process borders (explorer to pytest, xdist worker to
controller) as JSON-able plain data.
"""

from __future__ import annotations

from pytest_concurrency.model.costs import Costs as Costs
from pytest_concurrency.model.costs import Start as Start
from pytest_concurrency.model.hazards import Accepted as Accepted
from pytest_concurrency.model.hazards import Hazard as Hazard
from pytest_concurrency.model.hazards import Symptom as Symptom
from pytest_concurrency.model.hazards import badness as badness
from pytest_concurrency.model.reports import BARELY_TRIED as BARELY_TRIED
from pytest_concurrency.model.reports import Cell as Cell
from pytest_concurrency.model.reports import CellKind as CellKind
from pytest_concurrency.model.reports import CellOutcome as CellOutcome
from pytest_concurrency.model.reports import CellResult as CellResult
from pytest_concurrency.model.reports import IsolationVerdict as IsolationVerdict
from pytest_concurrency.model.reports import NotRun as NotRun
from pytest_concurrency.model.reports import StressReport as StressReport
from pytest_concurrency.model.reports import UnseenCode as UnseenCode
from pytest_concurrency.model.reports import Verdict as Verdict
from pytest_concurrency.model.reports import numbered as numbered
from pytest_concurrency.model.settings import Gate as Gate
from pytest_concurrency.model.settings import Ignored as Ignored
from pytest_concurrency.model.settings import Selection as Selection
from pytest_concurrency.model.settings import Settings as Settings
from pytest_concurrency.model.settings import StartMethod as StartMethod
from pytest_concurrency.model.steps import Access as Access
from pytest_concurrency.model.steps import Operation as Operation
from pytest_concurrency.model.steps import Schedule as Schedule
from pytest_concurrency.model.steps import Site as Site
from pytest_concurrency.model.steps import SiteUse as SiteUse
from pytest_concurrency.model.steps import ThreadState as ThreadState
