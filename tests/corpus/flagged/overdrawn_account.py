"""The balance is checked, then drawn upon: two withdrawals may both find enough."""

EXPECT = {"atomicity-violation", "lost-update"}
MAX_SCHEDULES = 100


def setup() -> dict[str, int]:
    return {"anna": 100, "paid out": 0}


def withdraw(bank: dict[str, int]) -> None:
    if bank["anna"] >= 80:
        bank["anna"] -= 80
        bank["paid out"] += 80


WORKERS = [withdraw, withdraw]


def check(bank: dict[str, int]) -> bool:
    return bank["anna"] >= 0 and bank["anna"] + bank["paid out"] == 100
