"""As spins_for_a_token, but between the look at the tokens and the taking of one another thread
takes it."""


class State:
    def __init__(self):
        self.tokens = [1]
        self.total = 0


def setup():
    return State()


def work(state):
    while not state.tokens:
        pass
    token = state.tokens.pop()
    state.total += 1
    state.tokens.append(token)


WORKERS = [work, work]
EXPECT = {"thread-exception", "test-failure"}
MAX_SCHEDULES = 200


def check(state):
    return state.total == 2
