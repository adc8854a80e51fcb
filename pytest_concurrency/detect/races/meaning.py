"""What a race means in Python, as far as the source tells: which of them is worth no more than a
word.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from pytest_concurrency.detect.atomicity.states import kinds_stored
from pytest_concurrency.detect.observation import Observation
from pytest_concurrency.detect.through_calls import accessed
from pytest_concurrency.instrument.analysis.names import all_nodes, own_nodes
from pytest_concurrency.runtime.trace.event import operation, site_number
from pytest_concurrency.runtime.trace.operations import ONLY_READ
from pytest_concurrency.runtime.trace.resource import Location
from pytest_concurrency.runtime.trace.sites import SITES


def meaning_of(observation: Observation, place: Location) -> str:
    """Say what it means that threads race for a location."""
    log = observation.execution.log
    events = [log[index] for index in observation.touched[place]]
    reads = {site_number(event) for event in events if operation(event) in ONLY_READ}
    writes = {site_number(event) for event in events} - reads
    if writes and "" not in set().union(*map(kinds_stored, writes)):
        return "a lone state: whoever reads it sees it as it was or as it is"
    updates = {site for site in writes if not SITES[site].flows.isdisjoint(reads)}
    others = reads.difference(*(SITES[site].flows for site in updates))
    if updates and not any(map(_decides, others)):
        return "a count or the like that nobody decides by: what is read may be a moment old"
    if not reads:
        return "whoever writes last is heard"
    return "each access is one step: what is read is whole, and may be a moment old"


@cache
def _decides(site: int) -> bool:
    """Whether anything is decided by what is read at a site, in its function."""
    return any(
        node in function.flows.value_of(test).reads or node in all_nodes(test)
        for function, node in accessed(site)
        for test in _tests(own_nodes(function.node))
    )


def _tests(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        match node:
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
                yield node.test
            case ast.Match(subject=test):
                yield test
            case ast.BoolOp(values=values):
                yield from values[:-1]
            case ast.comprehension(ifs=tests):
                yield from tests
