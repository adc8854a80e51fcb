"""An order goes to another thread through a queue, and only who has it changes it."""

import queue

SEQUENTIAL = False


class Order:
    def __init__(self) -> None:
        self.price = 10


class Shop:
    def __init__(self) -> None:
        self.counter: queue.Queue[Order] = queue.Queue()
        self.paid = 0

    def prepare(self) -> None:
        order = Order()
        order.price += 5
        self.counter.put(order)

    def pay(self) -> None:
        order = self.counter.get()
        order.price += 1
        self.paid = order.price


def setup() -> Shop:
    return Shop()


WORKERS = [Shop.pay, Shop.prepare]


def check(shop: Shop) -> bool:
    return shop.paid == 16
