"""Fault localization over small real trees, with failures as the frameworks' adapters record them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from aion_r.core.domain import StackFrame, Suspect, TestFailure
from aion_r.tools.localize import suspects

TESTS = ("tests/", "test_", "conftest", "_test.go", ".test.", ".spec.", "__tests__")


@dataclass(frozen=True)
class Case:
    """A tree, one failure, and the functions that must lead the ranking, in any order within the first ``len``."""

    name: str
    files: dict[str, str]
    failure: TestFailure
    leading: tuple[str, ...]
    absent: tuple[str, ...] = ()
    language: str = "python"


def may_edit(path: str) -> bool:
    return not any(mark in path for mark in TESTS)


def reader(root: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except OSError:
            return None

    return read


def written(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def ranked(root: Path, *failures: TestFailure, language: str = "python") -> tuple[Suspect, ...]:
    return suspects(root, language, failures, may_edit, reader(root))


def failure(test_id: str, line: int, message: str = "assert 1 == 2", *stack: tuple[str, int]) -> TestFailure:
    file = test_id.partition("::")[0]
    frames = tuple(StackFrame(path, number) for path, number in ((file, line), *stack))
    return TestFailure(test_id, file, line, message, stack=frames)


CALC = "def add(a, b):\n    return a - b\n\n\ndef twice(a):\n    return add(a, a)\n\n\ndef unrelated():\n    return 0\n"

SHOP = {
    "src/shop/__init__.py": "from .cart import Cart\nfrom . import tax as taxes\n",
    "src/shop/cart.py": """from .tax import add_tax


class Base:
    def count(self):
        return len(self.lines) + 1


class Cart(Base):
    def __init__(self, rate=0.2):
        self.rate = rate
        self.lines = []

    def add(self, price):
        self.lines.append(price)

    def total(self):
        return add_tax(sum(self.lines), self.rate)

    def clear(self):
        self.lines = []
""",
    "src/shop/tax.py": "def add_tax(net, rate):\n    return net * (1 - rate)\n\n\ndef other():\n    return 1\n",
}

PYTHON = [
    Case(
        "direct absolute import",
        {
            "calc.py": CALC,
            "test_calc.py": "from calc import add, unrelated\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        },
        failure("test_calc.py::test_add", 4),
        ("add",),
        ("unrelated", "twice"),
    ),
    Case(
        "through one level",
        {
            "calc.py": CALC,
            "test_calc.py": "import calc as c\n\ndef test_twice():\n    got = c.twice(2)\n    assert got == 4\n",
        },
        failure("test_calc.py::test_twice", 5),
        ("twice", "add"),
        ("unrelated",),
    ),
    Case(
        "relative import in a package of tests",
        {
            "pkg/__init__.py": "",
            "pkg/calc.py": CALC,
            "pkg/tests/__init__.py": "",
            "pkg/tests/test_calc.py": "from ..calc import add\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        },
        failure("pkg/tests/test_calc.py::test_add", 4),
        ("add",),
    ),
    Case(
        "src layout, re-export, method of an instance",
        SHOP
        | {
            "tests/test_cart.py": "from shop import Cart\n\ndef test_total():\n    c = Cart()\n"
            "    assert c.total() == 0\n"
        },
        failure("tests/test_cart.py::test_total", 5),
        ("Cart.total", "Cart.__init__", "add_tax"),
        ("other", "Cart.clear"),
    ),
    Case(
        "re-exported module under another name",
        SHOP | {"tests/test_tax.py": "import shop as s\n\ndef test_tax():\n    assert s.taxes.add_tax(1, 2) == 3\n"},
        failure("tests/test_tax.py::test_tax", 4),
        ("add_tax",),
        ("other",),
    ),
    Case(
        "fixture of a conftest, parametrised",
        SHOP
        | {
            "tests/conftest.py": "import pytest\nfrom shop import Cart\n\n@pytest.fixture\ndef cart():\n"
            "    return Cart()\n",
            "tests/test_cart.py": "import pytest\n\n@pytest.mark.parametrize('n', [1, 2])\ndef test_count(cart, n):\n"
            "    assert cart.count() == n\n    cart.clear()\n",
        },
        failure("tests/test_cart.py::test_count[1]", 5),
        ("Base.count", "Cart.__init__"),
    ),
    Case(
        "unittest with setUp",
        SHOP
        | {
            "tests/test_cart.py": "import unittest\nfrom shop.cart import Cart\n\nclass CartTest(unittest.TestCase):\n"
            "    def setUp(self):\n        self.cart = Cart()\n\n    def test_total(self):\n"
            "        self.assertEqual(self.cart.total(), 1)\n",
        },
        failure("tests/test_cart.py::CartTest::test_total", 9, "AssertionError: 0 != 1"),
        ("Cart.total", "Cart.__init__", "add_tax"),
        ("other",),
    ),
    Case(
        "innermost project frame",
        {"calc.py": CALC, "test_calc.py": "import calc\n\ndef test_twice():\n    assert calc.twice(2) == 4\n"},
        failure("test_calc.py::test_twice", 4, "TypeError: bad", ("calc.py", 6), ("calc.py", 2), ("/usr/lib/x.py", 3)),
        ("add", "twice"),
    ),
    Case(
        "cannot import name",
        {"calc.py": CALC, "test_calc.py": "from calc import adds\n"},
        TestFailure(
            "test_calc.py", "test_calc.py", 1, "ImportError: cannot import name 'adds' from 'calc' (/x/calc.py)"
        ),
        ("", "add"),
    ),
    Case(
        "syntax error in the module",
        {
            "calc.py": "def ok():\n    return 1\n\ndef add(a, b)\n    return a + b\n",
            "test_calc.py": "from calc import add\n",
        },
        TestFailure(
            "test_calc.py",
            "test_calc.py",
            1,
            "  File \"calc.py\", line 4\n    def add(a, b)\nSyntaxError: expected ':'",
        ),
        ("add",),
    ),
    Case(
        "attribute named in the message",
        SHOP
        | {
            "tests/test_cart.py": "from shop import Cart\n\ndef test_x():\n    cart = Cart()\n"
            "    assert cart.sum() == 0\n"
        },
        failure("tests/test_cart.py::test_x", 5, "AttributeError: 'Cart' object has no attribute 'sum'"),
        ("Cart",),
    ),
]

JS_CART = """const { addTax } = require('./tax');

class Cart {
  constructor() {
    this.lines = [];
  }
  total() {
    return addTax(this.lines.length);
  }
  clear() {
    this.lines = [];
  }
}
module.exports = { Cart };
"""
TS_CART = """import { addTax } from '@/tax';

export default class Cart {
  lines: number[] = [];
  total(): number {
    return addTax(this.lines.length);
  }
  clear(): void {
    this.lines = [];
  }
}
export const makeCart = (): Cart => new Cart();
"""

OTHERS = [
    Case(
        "CommonJS class in a describe block",
        {
            "src/cart.js": JS_CART,
            "src/tax.js": "exports.addTax = function (net) {\n  return net - 1;\n};\nexports.other = () => 1;\n",
            "test/cart.test.js": "const { Cart } = require('../src/cart');\ndescribe('cart', () => {\n  let cart;\n"
            "  beforeEach(() => {\n    cart = new Cart();\n  });\n  it('sums up', () => {\n"
            "    const got = cart.total();\n    expect(got).toBe(1);\n  });\n"
            "  it('else', () => { cart.clear(); });\n});\n",
        },
        TestFailure("cart sums up", "test/cart.test.js", 9, "expect(received).toBe(expected)"),
        ("Cart.total", "addTax", "Cart.constructor"),
        ("other", "Cart.clear"),
        "javascript",
    ),
    Case(
        "TypeScript with paths, default export and a factory",
        {
            "tsconfig.json": "{\n  // aliases\n"
            '  "compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]},}\n}\n',
            "src/cart.ts": TS_CART,
            "src/tax.ts": "export function addTax(net: number): number {\n  return net - 1;\n}\n"
            "export const other = () => 1;\n",
            "src/index.ts": "export * from './cart.js';\nexport { default as Cart } from './cart.js';\n",
            "src/cart.spec.ts": "import { makeCart } from '.';\n\ntest('sums up', async () => {\n"
            "  const cart = makeCart();\n  expect(await cart.total()).toEqual(1);\n});\n",
        },
        TestFailure("src/cart.spec.ts > sums up", "src/cart.spec.ts", 5, "expected 0 to equal 1"),
        ("Cart.total", "makeCart", "addTax"),
        ("other", "Cart.clear"),
        "typescript",
    ),
    Case(
        "Go method and function of the package",
        {
            "go.mod": "module example.com/m\n\ngo 1.21\n",
            "shop/cart.go": 'package shop\n\nimport "example.com/m/tax"\n\ntype Cart struct{ lines []int }\n\n'
            "func NewCart() *Cart {\n\treturn &Cart{}\n}\n\nfunc (c *Cart) Total() int {\n"
            "\treturn tax.Add(len(c.lines))\n}\n\n"
            "func (c *Cart) Clear() {}\n",
            "tax/tax.go": "package tax\n\nfunc Add(net int) int {\n\treturn net - 1\n}\n\n"
            "func Other() int { return 1 }\n",
            "shop/cart_test.go": 'package shop\n\nimport "testing"\n\nfunc TestTotal(t *testing.T) {\n'
            "\tfor _, want := range []int{1} {\n"
            '\t\tt.Run("x", func(t *testing.T) {\n\t\t\tc := NewCart()\n\t\t\tif got := c.Total(); got != want {\n'
            '\t\t\t\tt.Errorf("got %d", got)\n\t\t\t}\n\t\t})\n\t}\n}\n',
        },
        TestFailure("example.com/m/shop.TestTotal/x", "shop/cart_test.go", 10, "got 0"),
        ("Cart.Total", "NewCart", "Add"),
        ("Other", "Cart.Clear"),
        "go",
    ),
    Case(
        "Rust unit test in the same file",
        {
            "Cargo.toml": '[package]\nname = "my-shop"\nversion = "0.1.0"\n',
            "src/lib.rs": "pub mod tax;\nuse crate::tax::add_tax;\n\npub struct Cart {\n    lines: Vec<u32>,\n"
            "}\n\nimpl Cart {\n"
            "    pub fn new() -> Self {\n        Cart { lines: vec![] }\n    }\n\n    pub fn total(&self) -> u32 {\n"
            "        add_tax(self.lines.len() as u32)\n    }\n\n    pub fn clear(&mut self) {}\n}\n\n"
            "#[cfg(test)]\nmod tests {\n"
            "    use super::*;\n\n    #[test]\n    fn sums_up() {\n        let cart = Cart::new();\n"
            "        assert_eq!(cart.total(), 1);\n    }\n}\n",
            "src/tax.rs": "pub fn add_tax(net: u32) -> u32 {\n    net + 2\n}\n\npub fn other() -> u32 {\n    1\n}\n",
        },
        TestFailure("tests::sums_up", "src/lib.rs", 27, "assertion `left == right` failed"),
        ("Cart.total", "Cart.new", "add_tax"),
        ("other", "Cart.clear", "tests.sums_up"),
        "rust",
    ),
    Case(
        "Rust integration test of the crate by its name",
        {
            "Cargo.toml": '[package]\nname = "my-shop"\nversion = "0.1.0"\n',
            "src/lib.rs": "pub mod tax;\npub use tax::add_tax;\n",
            "src/tax/mod.rs": "mod deep;\npub fn add_tax(net: u32) -> u32 {\n    deep::half(net)\n}\n\n"
            "pub fn other() {}\n",
            "src/tax/deep.rs": "pub fn half(net: u32) -> u32 {\n    net / 3\n}\n",
            "tests/it.rs": "use my_shop::add_tax;\n\n#[test]\nfn taxes() {\n    assert_eq!(add_tax(4), 2);\n}\n",
        },
        TestFailure("taxes", "tests/it.rs", 5, "assertion `left == right` failed"),
        ("add_tax", "half"),
        ("other",),
        "rust",
    ),
]

BUILDS = [
    Case(
        "Go build error, its path relative to the package",
        {
            "go.mod": "module example.com/m\n",
            "calc/calc.go": "package calc\n\nfunc Other() {}\n\nfunc Add(a int) int {\n\treturn b\n}\n",
            "calc/calc_test.go": "package calc\n\nfunc TestAdd(t *testing.T) {\n\tAdd(1)\n}\n",
        },
        TestFailure("example.com/m/calc", "calc/calc_test.go", None, "./calc.go:6:9: undefined: b"),
        ("Add",),
        language="go",
    ),
    Case(
        "Rust compile error",
        {"Cargo.toml": '[package]\nname = "m"\n', "src/lib.rs": "fn other() {}\n\nfn add() -> u32 {\n    b\n}\n"},
        TestFailure("m", None, None, "error[E0425]: cannot find value `b`\n --> src/lib.rs:4:5"),
        ("add",),
        ("other",),
        language="rust",
    ),
    Case(
        "type error of a TypeScript file",
        {"src/a.ts": "export const other = 1;\nexport function add(a: number): number {\n  return a.b;\n}\n"},
        TestFailure(
            "src/a.test.ts", "src/a.test.ts", None, "src/a.ts(3,12): error TS2339: Property 'b' does not exist"
        ),
        ("add",),
        language="typescript",
    ),
]


@pytest.mark.parametrize("case", PYTHON + OTHERS + BUILDS, ids=lambda case: case.name)
def test_the_suspects_that_lead(case: Case, tmp_path: Path) -> None:
    found = ranked(written(tmp_path, case.files), case.failure, language=case.language)
    names = [suspect.function or "" for suspect in found]
    assert set(names[: len(case.leading)]) == set(case.leading), found
    assert not set(names[: len(case.leading) + 1]) & set(case.absent), found
    assert all(may_edit(suspect.file) and 0.0 < suspect.score <= 1.0 for suspect in found)


def test_two_faults_share_the_top(tmp_path: Path) -> None:
    files = {"calc.py": CALC, "more.py": "def less(a):\n    return a\n"}
    tests = "from calc import add\nfrom more import less\n\ndef test_a():\n    assert add(1, 2) == 3\n"
    files["test_all.py"] = tests + "\ndef test_b():\n    assert less(1) == 0\n"
    one, two = failure("test_all.py::test_a", 5), failure("test_all.py::test_b", 8)
    assert {s.function for s in ranked(written(tmp_path, files), one, two)} == {"add", "less"}


def test_what_all_failures_reach_comes_before_what_one_calls(tmp_path: Path) -> None:
    files = {
        "calc.py": "def core(a):\n    return a\n\n\n"
        + "".join(f"def f{n}(a):\n    b = core(a)\n    c = b\n    return c\n\n\n" for n in range(3))
    }
    calls = "".join(f"def test_{n}():\n    assert calc.f{n}(1) == 2\n" for n in range(3))
    files["test_calc.py"] = "import calc\n" + calls
    failures = [failure(f"test_calc.py::test_{n}", 3 + 2 * n) for n in range(3)]
    assert ranked(written(tmp_path, files), failures[0])[0].function == "f0"
    assert ranked(tmp_path, *failures)[0].function == "core"


def test_nothing_failed_nothing_suspected(tmp_path: Path) -> None:
    assert ranked(tmp_path) == ()


def test_frames_weigh_less_outwards(tmp_path: Path) -> None:
    written(
        tmp_path, {"calc.py": CALC, "test_calc.py": "import calc\n\ndef test_a():\n    assert calc.twice(2) == 4\n"}
    )
    found = ranked(tmp_path, failure("test_calc.py::test_a", 4, "TypeError", ("calc.py", 6), ("calc.py", 2)))
    assert [s.function for s in found[:2]] == ["add", "twice"]
    assert found[0].score > found[1].score


def test_what_runs_after_the_failing_line_is_hardly_suspect(tmp_path: Path) -> None:
    test = "import calc\n\ndef test_a():\n    assert calc.add(1, 2) == 3\n    assert calc.unrelated() == 0\n"
    written(tmp_path, {"calc.py": CALC, "test_calc.py": test})
    scores = {s.function: s.score for s in ranked(tmp_path, failure("test_calc.py::test_a", 4))}
    assert scores["unrelated"] < 0.2 < scores["add"]


def test_a_star_import_is_followed(tmp_path: Path) -> None:
    test = "from pkg import *\n\ndef test_a():\n    assert add(1, 2) == 3\n"
    written(tmp_path, {"pkg/__init__.py": "from .calc import *\n", "pkg/calc.py": CALC, "test_calc.py": test})
    assert ranked(tmp_path, failure("test_calc.py::test_a", 4))[0].function == "add"


def test_a_go_test_is_found_by_its_name_alone(tmp_path: Path) -> None:
    case = next(c for c in OTHERS if c.language == "go")
    nowhere = TestFailure(case.failure.test_id, "shop/cart_test.go", None, "panic")
    found = ranked(written(tmp_path, case.files), nowhere, language="go")
    assert {s.function for s in found[:2]} == {"Cart.Total", "NewCart"}
