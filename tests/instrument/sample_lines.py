"""Many constructs over many lines: the sample whose lines and branches are counted."""

from __future__ import annotations

TOTAL = 0


class Node:
    kind = "node"

    def __init__(self) -> None:
        self.value = 1
        self.items = [
            1,
            2,
        ]
        self.table = {"a": 1}

    @property
    def first(self) -> int:
        return self.items[0]


def decorated(function):
    return function


def many(node: Node, flag: bool):
    global TOTAL
    total = 0

    def inner(step: int) -> int:
        nonlocal total
        total += step
        if total > 100:
            return 100
        return total

    node.value += inner(1) + node.value
    node.table["a"] = TOTAL
    if flag and node.value in node.items:
        node.items.append(
            inner(2),
        )
    elif node.value:
        node.items.append(node.value)
    for item in node.items:
        if item == 2:
            continue
        TOTAL += item
    else:
        TOTAL = TOTAL + 1
    while TOTAL > 0:
        TOTAL -= 5
        if TOTAL == 3:
            break
    with (
        open(
            __file__,
        ) as file,
        open(__file__) as other,
    ):
        if file.readline() == "never":
            node.value = 0
    try:
        node.table["missing"]
    except KeyError:
        node.table[str(TOTAL)] = TOTAL
    finally:
        other.close()
    match node.items:
        case [1, *rest] if rest:
            node.value = len(rest)
        case _:
            node.value = 0
    squares = [x * node.value for x in node.items if x]
    call = [lambda: node.first][0]
    return TOTAL if flag else sum(squares) + call()


@decorated
def generating(node: Node):
    for item in node.items:
        node.value = yield item
    node.items[0] += 1
    node.first if node.items[0] else None
    return node.items[0]


async def waiting(node: Node):
    async def one() -> int:
        return node.value

    node.value += await one()
    if node.value:
        return node.value
    return 0


def run() -> None:
    node = Node()
    many(node, True)
    many(Node(), False)
    going = generating(node)
    for _ in range(2):
        next(going)
    try:
        waiting(Node()).send(None)
    except StopIteration:
        pass
