"""Our own small buggy projects, of the kinds real projects have. Each one: files, and the one file as it should be.

``right`` replaces ``wrong`` in ``path``: the projects are built with ``wrong``; ``right`` only serves to tell a repair
that is the same from one that merely passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Bug:
    """One project with one planted bug."""

    name: str
    files: dict[str, str]
    path: str
    wrong: str
    right: str

    def tree(self) -> dict[str, str]:
        """The project's files, with the bug in."""
        return self.files


def bug(name: str, wrong: str, right: str, /, **files: str) -> Bug:
    """Files are given correct, by name with ``__`` for ``/``; the bug goes into the first one that holds ``right``."""
    tree = {key.replace("__", "/") + ".py": dedent(text).lstrip("\n") for key, text in files.items()}
    tree = {
        path.replace("/init/", "/__init__").replace("/init.py", "/__init__.py"): text for path, text in tree.items()
    }
    path = next(path for path, text in tree.items() if right in text and not path.startswith("test"))
    assert tree[path].count(right) == 1, name
    return Bug(name, {**tree, path: tree[path].replace(right, wrong)}, path, wrong, right)


BUGS = [
    bug(
        "page bounds",
        "end = start + size - 1",
        "end = start + size",
        pages='''
            def page(items, number, size):
                """Items of page ``number``, counted from 1."""
                start = (number - 1) * size
                end = start + size
                return items[start:end]


            def page_count(items, size):
                return (len(items) + size - 1) // size
        ''',
        test_pages="""
            from pages import page, page_count

            def test_first_page():
                assert page(list("abcdefg"), 1, 3) == ["a", "b", "c"]

            def test_last_page():
                assert page(list("abcdefg"), 3, 3) == ["g"]

            def test_count():
                assert page_count(list("abcdefg"), 3) == 3
        """,
    ),
    bug(
        "wrong key",
        'order["qty"]',
        'order["quantity"]',
        orders="""
            def total(orders):
                amount = 0
                for order in orders:
                    amount += order["price"] * order["quantity"]
                return amount


            def names(orders):
                return [order["name"] for order in orders if order.get("quantity", 0) > 0]
        """,
        test_orders="""
            from orders import names, total

            ORDERS = [{"name": "pen", "price": 2, "quantity": 3}, {"name": "ink", "price": 7, "quantity": 0}]

            def test_total():
                assert total(ORDERS) == 6

            def test_names():
                assert names(ORDERS) == ["pen"]
        """,
    ),
    bug(
        "missing return",
        "        self._apply(text)",
        "        return self._apply(text)",
        slug="""
            import re


            class Slugger:
                def __init__(self, separator="-"):
                    self.separator = separator

                def _apply(self, text):
                    return re.sub(r"[^a-z0-9]+", self.separator, text.lower()).strip(self.separator)

                def slug(self, text):
                    if not text:
                        return ""
                    return self._apply(text)
        """,
        test_slug="""
            from slug import Slugger

            def test_empty():
                assert Slugger().slug("") == ""

            def test_words():
                assert Slugger().slug("Hello, World!") == "hello-world"

            def test_separator():
                assert Slugger("_").slug("a b") == "a_b"
        """,
    ),
    bug(
        "mutable default",
        "def collect(item, into=[]):\n",
        "def collect(item, into=None):\n    if into is None:\n        into = []\n",
        collect="""
            def collect(item, into=None):
                if into is None:
                    into = []
                into.append(item)
                return into
        """,
        test_collect="""
            from collect import collect

            def test_one():
                assert collect(1) == [1]

            def test_another():
                assert collect(2) == [2]

            def test_given():
                assert collect(3, [0]) == [0, 3]
        """,
    ),
    bug(
        "wrong attribute",
        "self.first + other.last",
        "self.first + other.first",
        span="""
            class Span:
                def __init__(self, first, last):
                    self.first = first
                    self.last = last

                def add(self, other):
                    return Span(self.first + other.first, self.last + other.last)

                @property
                def width(self):
                    return self.last - self.first
        """,
        test_span="""
            from span import Span

            def test_add():
                both = Span(1, 5).add(Span(2, 9))
                assert (both.first, both.last) == (3, 14)

            def test_width():
                assert Span(2, 9).width == 7
        """,
    ),
    bug(
        "swapped arguments",
        "return clamp(low, value, high)",
        "return clamp(value, low, high)",
        limits="""
            def clamp(value, low, high):
                return max(low, min(value, high))


            def percent(part, whole, low=0, high=100):
                value = 100 * part / whole
                return clamp(value, low, high)
        """,
        test_limits="""
            import pytest
            from limits import clamp, percent

            @pytest.mark.parametrize("value, result", [(-5, 0), (50, 50), (500, 100)])
            def test_clamp(value, result):
                assert clamp(value, 0, 100) == result

            @pytest.mark.parametrize("part, result", [(1, 10), (20, 100), (-3, 0)])
            def test_percent(part, result):
                assert percent(part, 10) == result
        """,
    ),
    bug(
        "missing await",
        "value = self.load(key)",
        "value = await self.load(key)",
        cache="""
            class Cache:
                def __init__(self, source):
                    self.source = source
                    self.values = {}
                    self.loads = 0

                async def load(self, key):
                    self.loads += 1
                    return self.source[key]

                async def get(self, key):
                    if key not in self.values:
                        value = await self.load(key)
                        self.values[key] = value
                    return self.values[key]
        """,
        test_cache="""
            import asyncio
            from cache import Cache

            def test_get():
                assert asyncio.run(Cache({"a": 1}).get("a")) == 1

            def test_once():
                async def twice():
                    cache = Cache({"a": 1})
                    await cache.get("a")
                    await cache.get("a")
                    return cache.loads
                assert asyncio.run(twice()) == 1
        """,
    ),
    bug(
        "missing import",
        "import json\n",
        "import json\nimport math\n",
        shapes="""
            import json
            import math


            def area(radius):
                return math.pi * radius ** 2


            def dump(radius):
                return json.dumps({"radius": radius})
        """,
        test_shapes="""
            from shapes import area, dump

            def test_area():
                assert round(area(2), 2) == 12.57

            def test_dump():
                assert dump(3) == '{"radius": 3}'
        """,
    ),
    bug(
        "wrong import name",
        "from .parser import parse_lines",
        "from .parser import parse_line",
        app__init="",
        app__parser="""
            def parse_line(line):
                key, _, value = line.partition("=")
                return key.strip(), value.strip()
        """,
        app__settings="""
            from .parser import parse_line


            def read(text):
                return dict(parse_line(line) for line in text.splitlines() if line.strip())
        """,
        test_settings="""
            from app.settings import read

            def test_read():
                assert read("a = 1\\n\\nb=2") == {"a": "1", "b": "2"}
        """,
    ),
    bug(
        "wrong exception",
        "except KeyError:",
        "except ValueError:",
        numbers_="""
            def to_int(text, default=None):
                try:
                    return int(text)
                except ValueError:
                    return default
        """,
        test_numbers="""
            from numbers_ import to_int

            def test_good():
                assert to_int("12") == 12

            def test_bad():
                assert to_int("x", 0) == 0
                assert to_int("") is None
        """,
    ),
    bug(
        "boundary",
        "if age > 18:",
        "if age >= 18:",
        tickets="""
            def fare(age, base=10.0):
                if age < 6:
                    return 0.0
                if age >= 18:
                    return base
                return base / 2
        """,
        test_tickets="""
            import pytest
            from tickets import fare

            @pytest.mark.parametrize("age, price", [(3, 0.0), (6, 5.0), (17, 5.0), (18, 10.0), (40, 10.0)])
            def test_fare(age, price):
                assert fare(age) == price
        """,
    ),
    bug(
        "format places",
        'f"{amount:.1f} {currency}"',
        'f"{amount:.2f} {currency}"',
        money="""
            def show(amount, currency="EUR"):
                return f"{amount:.2f} {currency}"


            def show_all(amounts):
                return ", ".join(show(amount) for amount in amounts)
        """,
        test_money="""
            from money import show, show_all

            def test_show():
                assert show(3.14159) == "3.14 EUR"

            def test_all():
                assert show_all([1, 2.5]) == "1.00 EUR, 2.50 EUR"
        """,
    ),
    bug(
        "date format",
        '"%Y-%M-%d"',
        '"%Y-%m-%d"',
        dates="""
            from datetime import datetime, timedelta


            def parse(text):
                return datetime.strptime(text, "%Y-%m-%d").date()


            def deadline(text, days):
                return parse(text) + timedelta(days=days)
        """,
        test_dates="""
            from datetime import date
            from dates import deadline, parse

            def test_parse():
                assert parse("2024-03-05") == date(2024, 3, 5)

            def test_deadline():
                assert deadline("2024-02-28", 2) == date(2024, 3, 1)
        """,
    ),
    bug(
        "time unit",
        "timedelta(hours=minutes)",
        "timedelta(minutes=minutes)",
        expiry="""
            from datetime import timedelta


            class Token:
                def __init__(self, created, minutes):
                    self.created = created
                    self.lifetime = timedelta(minutes=minutes)

                def expired(self, now):
                    return now - self.created >= self.lifetime
        """,
        test_expiry="""
            from datetime import datetime
            from expiry import Token

            START = datetime(2024, 1, 1, 12, 0)

            def test_fresh():
                assert not Token(START, 30).expired(datetime(2024, 1, 1, 12, 29))

            def test_expired():
                assert Token(START, 30).expired(datetime(2024, 1, 1, 12, 30))
        """,
    ),
    bug(
        "decimal rounding",
        "rounding=ROUND_DOWN",
        "rounding=ROUND_HALF_UP",
        prices="""
            from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

            CENT = Decimal("0.01")


            def gross(net, rate):
                return (Decimal(net) * (1 + Decimal(rate))).quantize(CENT, rounding=ROUND_HALF_UP)


            def discount(price, share):
                return (Decimal(price) * Decimal(share)).quantize(CENT, ROUND_DOWN)
        """,
        test_prices="""
            from decimal import Decimal
            from prices import discount, gross

            def test_gross():
                assert gross("10.05", "0.1") == Decimal("11.06")

            def test_discount():
                assert discount("9.99", "0.5") == Decimal("4.99")
        """,
    ),
    bug(
        "state not reset",
        "    def clear(self):\n        self.items = []\n",
        "    def clear(self):\n        self.items = []\n        self.total = 0\n",
        cart="""
            class Cart:
                def __init__(self):
                    self.items = []
                    self.total = 0

                def add(self, name, price):
                    self.items.append(name)
                    self.total += price

                def clear(self):
                    self.items = []
                    self.total = 0
        """,
        test_cart="""
            from cart import Cart

            def test_add():
                cart = Cart()
                cart.add("pen", 2)
                assert cart.total == 2

            def test_clear():
                cart = Cart()
                cart.add("pen", 2)
                cart.clear()
                assert cart.items == []
                assert cart.total == 0
        """,
    ),
    bug(
        "super not called",
        "    def __init__(self, name, wheels):\n        self.wheels",
        "    def __init__(self, name, wheels):\n        super().__init__(name)\n        self.wheels",
        vehicles="""
            class Vehicle:
                def __init__(self, name):
                    self.name = name

                def label(self):
                    return self.name.title()


            class Car(Vehicle):
                def __init__(self, name, wheels):
                    super().__init__(name)
                    self.wheels = wheels
        """,
        test_vehicles="""
            from vehicles import Car, Vehicle

            def test_vehicle():
                assert Vehicle("boat").label() == "Boat"

            def test_car():
                car = Car("coupe", 4)
                assert car.wheels == 4
                assert car.label() == "Coupe"
        """,
    ),
    bug(
        "generator last chunk",
        "            chunk = []\n",
        "            chunk = []\n    if chunk:\n        yield chunk\n",
        chunks="""
            def chunks(items, size):
                chunk = []
                for item in items:
                    chunk.append(item)
                    if len(chunk) == size:
                        yield chunk
                        chunk = []
                if chunk:
                    yield chunk
        """,
        test_chunks="""
            from chunks import chunks

            def test_even():
                assert list(chunks("abcd", 2)) == [["a", "b"], ["c", "d"]]

            def test_rest():
                assert list(chunks("abc", 2)) == [["a", "b"], ["c"]]

            def test_none():
                assert list(chunks("", 2)) == []
        """,
    ),
    bug(
        "decorator drops result",
        "            function(*args)\n",
        "            return function(*args)\n",
        timing="""
            import functools


            def counted(function):
                @functools.wraps(function)
                def inner(*args):
                    inner.calls += 1
                    if function is not None:
                        return function(*args)

                inner.calls = 0
                return inner


            @counted
            def double(x):
                return 2 * x
        """,
        test_timing="""
            from timing import counted, double

            def test_result():
                assert double(4) == 8

            def test_calls():
                @counted
                def nothing():
                    pass
                nothing()
                nothing()
                assert nothing.calls == 2
        """,
    ),
    bug(
        "context manager",
        "        self.depth = 1\n",
        "        self.depth += 1\n",
        nesting="""
            class Nesting:
                def __init__(self):
                    self.depth = 0

                def __enter__(self):
                    self.depth += 1
                    return self

                def __exit__(self, *error):
                    self.depth -= 1
        """,
        test_nesting="""
            from nesting import Nesting

            def test_once():
                nesting = Nesting()
                with nesting:
                    assert nesting.depth == 1
                assert nesting.depth == 0

            def test_twice():
                nesting = Nesting()
                with nesting, nesting:
                    assert nesting.depth == 2
                assert nesting.depth == 0
        """,
    ),
    bug(
        "dataclass order",
        "@dataclass\n",
        "@dataclass(order=True)\n",
        version="""
            from dataclasses import dataclass


            @dataclass(order=True)
            class Version:
                major: int
                minor: int = 0

                @classmethod
                def parse(cls, text):
                    major, _, minor = text.partition(".")
                    return cls(int(major), int(minor or 0))
        """,
        test_version="""
            from version import Version

            def test_parse():
                assert Version.parse("3.11") == Version(3, 11)

            def test_order():
                assert Version.parse("3.9") < Version.parse("3.11")
        """,
    ),
    bug(
        "sort direction",
        "sorted(scores, key=lambda pair: pair[1])",
        "sorted(scores, key=lambda pair: pair[1], reverse=True)",
        ranking="""
            def best(scores, count):
                ordered = sorted(scores, key=lambda pair: pair[1], reverse=True)
                return [name for name, _ in ordered[:count]]
        """,
        test_ranking="""
            from ranking import best

            SCORES = [("ann", 3), ("bob", 9), ("cy", 5)]

            def test_best():
                assert best(SCORES, 2) == ["bob", "cy"]

            def test_none():
                assert best(SCORES, 0) == []
        """,
    ),
    bug(
        "case folding",
        "words.setdefault(word, 0)\n        words[word] += 1",
        "word = word.lower()\n        words.setdefault(word, 0)\n        words[word] += 1",
        words="""
            def count(text):
                words = {}
                for word in text.split():
                    word = word.lower()
                    words.setdefault(word, 0)
                    words[word] += 1
                return words
        """,
        test_words="""
            from words import count

            def test_once():
                assert count("a b") == {"a": 1, "b": 1}

            def test_case():
                assert count("The the") == {"the": 2}
        """,
    ),
    bug(
        "empty input",
        "def mean(values):\n",
        "def mean(values):\n    if not values:\n        return 0.0\n",
        stats="""
            def mean(values):
                if not values:
                    return 0.0
                return sum(values) / len(values)


            def spread(values):
                middle = mean(values)
                return sum(abs(value - middle) for value in values)
        """,
        test_stats="""
            from stats import mean, spread

            def test_mean():
                assert mean([1, 2, 9]) == 4

            def test_empty():
                assert mean([]) == 0.0

            def test_spread():
                assert spread([1, 3]) == 2
        """,
    ),
    bug(
        "loop returns early",
        "                return False\n            return True\n",
        "                return False\n        return True\n",
        rules="""
            class Rules:
                def __init__(self, *rules):
                    self.rules = rules

                def allows(self, value):
                    for rule in self.rules:
                        if not rule(value):
                            return False
                    return True
        """,
        test_rules="""
            from rules import Rules

            def test_all():
                assert Rules(str.islower, str.isalpha).allows("abc")

            def test_second():
                assert not Rules(str.islower, str.isalpha).allows("a1")

            def test_none():
                assert Rules().allows("x")
        """,
    ),
    bug(
        "wrong helper across files",
        "return total - tax(total)",
        "return total + tax(total)",
        shop__init="",
        shop__rates="""
            RATE = 0.2


            def tax(amount):
                return amount * RATE
        """,
        shop__invoice="""
            from .rates import tax


            class Invoice:
                def __init__(self):
                    self.lines = []

                def add(self, amount, count=1):
                    self.lines.append((amount, count))

                def total(self):
                    total = sum(amount * count for amount, count in self.lines)
                    return total + tax(total)
        """,
        test_invoice="""
            from shop.invoice import Invoice
            from shop.rates import tax

            def test_total():
                invoice = Invoice()
                invoice.add(10, 2)
                invoice.add(5)
                assert invoice.total() == 30

            def test_tax():
                assert tax(10) == 2
        """,
    ),
    bug(
        "module constant",
        "RATE = 2.0",
        "RATE = 0.2",
        vat="""
            RATE = 0.2


            def vat(amount):
                return round(amount * RATE, 2)


            def with_vat(amount):
                return amount + vat(amount)
        """,
        test_vat="""
            from vat import vat, with_vat

            def test_vat():
                assert vat(10) == 2.0

            def test_with():
                assert with_vat(100) == 120
        """,
    ),
    bug(
        "self forgotten",
        "count += 1",
        "self.count += 1",
        counter="""
            class Counter:
                def __init__(self, limit):
                    self.limit = limit
                    self.count = 0

                def hit(self):
                    if self.count >= self.limit:
                        return False
                    self.count += 1
                    return True
        """,
        test_counter="""
            from counter import Counter

            def test_hit():
                counter = Counter(1)
                assert counter.hit()
                assert not counter.hit()

            def test_zero():
                assert not Counter(0).hit()
        """,
    ),
    bug(
        "syntax",
        "    for name in names\n",
        "    for name in names:\n",
        greet="""
            def greet(names):
                lines = []
                for name in names:
                    lines.append(f"Hello {name}")
                return lines
        """,
        test_greet="""
            from greet import greet

            def test_greet():
                assert greet(["Ann"]) == ["Hello Ann"]

            def test_nobody():
                assert greet([]) == []
        """,
    ),
    bug(
        "isinstance",
        "isinstance(value, list)",
        "isinstance(value, (list, tuple))",
        flat="""
            def flat(value):
                if isinstance(value, (list, tuple)):
                    return [x for part in value for x in flat(part)]
                return [value]
        """,
        test_flat="""
            from flat import flat

            def test_lists():
                assert flat([1, [2, [3]]]) == [1, 2, 3]

            def test_tuples():
                assert flat([1, (2, 3)]) == [1, 2, 3]
        """,
    ),
    bug(
        "stack order",
        "self.items.pop(0)",
        "self.items.pop()",
        stack="""
            class Stack:
                def __init__(self):
                    self.items = []

                def push(self, item):
                    self.items.append(item)

                def pop(self):
                    if not self.items:
                        raise IndexError("empty")
                    return self.items.pop()
        """,
        test_stack="""
            import pytest
            from stack import Stack

            def test_order():
                stack = Stack()
                stack.push(1)
                stack.push(2)
                assert stack.pop() == 2
                assert stack.pop() == 1

            def test_empty():
                with pytest.raises(IndexError):
                    Stack().pop()
        """,
    ),
    bug(
        "shared class state",
        "    def __init__(self, name):\n        self.name = name\n\n    def join",
        "    def __init__(self, name):\n        self.name = name\n        self.members = []\n\n    def join",
        club="""
            class Club:
                members = []

                def __init__(self, name):
                    self.name = name
                    self.members = []

                def join(self, person):
                    self.members.append(person)
        """,
        test_club="""
            from club import Club

            def test_join():
                club = Club("chess")
                club.join("ann")
                assert club.members == ["ann"]

            def test_apart():
                one, two = Club("chess"), Club("go")
                one.join("bob")
                assert two.members == []
        """,
    ),
]
