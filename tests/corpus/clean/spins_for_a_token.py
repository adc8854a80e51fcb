"""Spins, without a pause, for a token that another thread gives back: it ends under any fair
scheduler."""


class State:
    def __init__(self):
        self.tokens = [1]
        self.total = 0


def setup():
    return State()


def work(state):
    while True:
        try:
            token = state.tokens.pop()
            break
        except IndexError:
            continue
    state.total += 1
    state.tokens.append(token)


WORKERS = [work, work]


def check(state):
    return state.total == 2
