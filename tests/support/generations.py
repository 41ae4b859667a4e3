"""What a model could write for a stack in each language, with one bug in it, and the answer that mends that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .projects import block


def answer(files: Mapping[str, str], prose: str = "Here is the code.") -> str:
    """``files`` in the form that the prompt asks for."""
    return f"{prose}\n\n" + "\n\n".join(f"{path}\n```\n{text.rstrip()}\n```" for path, text in files.items())


@dataclass(frozen=True)
class Sample:
    """``files``, the code first, where ``wrong`` stands for ``right``. ``packages`` is a set of Node's."""

    language: str
    framework: str
    files: Mapping[str, str]
    wrong: str
    right: str
    packages: str | None = None

    @property
    def code(self) -> str:
        return next(iter(self.files))

    @property
    def answer(self) -> str:
        return answer(self.files)

    @property
    def fix(self) -> str:
        return block(self.code, self.wrong, self.right)

    @property
    def mended(self) -> str:
        return self.files[self.code].replace(self.wrong, self.right)


PYTHON = """\
class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)

    def pop(self):
        return self.items.pop(0)
"""
PYTHON_TESTS = """\
from stack import Stack


def test_the_last_comes_first():
    stack = Stack()
    stack.push(1)
    stack.push(2)
    assert stack.pop() == 2


def test_one():
    stack = Stack()
    stack.push(1)
    assert stack.pop() == 1
"""
_NODE = """\
class Stack {{
{declared}  constructor() {{
    this.items = [];
  }}

  push({item}) {{
    this.items.push(item);
  }}

  pop() {{
    return this.items.shift();
  }}
}}
"""
_NODE_TESTS = """\
describe('Stack', () => {{
  it('gives the last first', () => {{
    const stack = new Stack();
    stack.push(1);
    stack.push(2);
    {last};
  }});

  it('is empty at first', () => {{
    {empty};
  }});
}});
"""
_EXPECT = _NODE_TESTS.format(last="expect(stack.pop()).toBe(2)", empty="expect(new Stack().pop()).toBe(undefined)")
_ASSERT = _NODE_TESTS.format(
    last="assert.strictEqual(stack.pop(), 2)", empty="assert.strictEqual(new Stack().pop(), undefined)"
)
_JAVASCRIPT = _NODE.format(declared="", item="item")
_TYPESCRIPT = "export " + _NODE.format(declared="  private items: number[];\n\n", item="item: number")
_COMMON = f"{_JAVASCRIPT}\nmodule.exports = {{ Stack }};\n"
_MODULE = f"export {_JAVASCRIPT}"
_SHIFT, _POP = "    return this.items.shift();", "    return this.items.pop();"

GO = """\
package stack

type Stack struct {
	items []int
}

func (s *Stack) Push(item int) {
	s.items = append(s.items, item)
}

func (s *Stack) Pop() (int, bool) {
	if len(s.items) == 0 {
		return 0, false
	}
	item := s.items[0]
	s.items = s.items[:len(s.items)-1]
	return item, true
}
"""
GO_TESTS = """\
package stack

import "testing"

func TestLastComesFirst(t *testing.T) {
	s := &Stack{}
	s.Push(1)
	s.Push(2)
	if got, _ := s.Pop(); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
}

func TestEmpty(t *testing.T) {
	if _, ok := (&Stack{}).Pop(); ok {
		t.Error("an empty stack gave something")
	}
}
"""
RUST = """\
#[derive(Default)]
pub struct Stack {
    items: Vec<i64>,
}

impl Stack {
    pub fn push(&mut self, item: i64) {
        self.items.push(item);
    }

    pub fn pop(&mut self) -> Option<i64> {
        self.items.first().copied()
    }
}
"""
RUST_TESTS = """\
use generated::Stack;

#[test]
fn the_last_comes_first() {
    let mut stack = Stack::default();
    stack.push(1);
    stack.push(2);
    assert_eq!(stack.pop(), Some(2));
}

#[test]
fn empty() {
    assert_eq!(Stack::default().pop(), None);
}
"""

SAMPLES = {
    "pytest": Sample(
        "python", "pytest", {"stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}, "        return self.items.pop(0)",
        "        return self.items.pop()",
    ),
    "jest": Sample(
        "javascript", "jest",
        {"stack.js": _COMMON, "stack.test.js": f"const {{ Stack }} = require('./stack');\n\n{_EXPECT}"},
        _SHIFT, _POP, "jest-30",
    ),
    "jest-modules": Sample(
        "javascript", "jest",
        {"src/stack.js": _MODULE, "tests/stack.js": f"import {{ Stack }} from '../src/stack.js';\n\n{_EXPECT}"},
        _SHIFT, _POP, "jest-30-swc",
    ),
    "jest-typescript": Sample(
        "typescript", "jest",
        {"stack.ts": _TYPESCRIPT, "stack.test.ts": f"import {{ Stack }} from './stack';\n\n{_EXPECT}"},
        _SHIFT, _POP, "jest-30-swc",
    ),
    "mocha": Sample(
        "javascript", "mocha",
        {
            "stack.js": _COMMON,
            "test/stack.test.js": "const assert = require('node:assert');\n"
            f"const {{ Stack }} = require('../stack');\n\n{_ASSERT}",
        },
        _SHIFT, _POP, "mocha-11",
    ),
    "mocha-modules": Sample(
        "javascript", "mocha",
        {
            "lib/stack.js": _MODULE,
            "spec/stack.js": "import assert from 'node:assert';\n"
            f"import {{ Stack }} from '../lib/stack.js';\n\n{_ASSERT}",
        },
        _SHIFT, _POP, "mocha-11",
    ),
    "mocha-typescript": Sample(
        "typescript", "mocha",
        {
            "stack.ts": _TYPESCRIPT,
            "test/stack.test.ts": "import assert from 'node:assert';\n"
            f"import {{ Stack }} from '../stack';\n\n{_ASSERT}",
        },
        _SHIFT, _POP, "mocha-11-typescript",
    ),
    "vitest": Sample(
        "javascript", "vitest",
        {
            "stack.js": _MODULE,
            "stack.test.js": "import { describe, expect, it } from 'vitest';\n"
            f"import {{ Stack }} from './stack.js';\n\n{_EXPECT}",
        },
        _SHIFT, _POP, "vitest-4",
    ),
    "vitest-typescript": Sample(
        "typescript", "vitest",
        {"src/stack.ts": _TYPESCRIPT, "tests/stack.ts": f"import {{ Stack }} from '../src/stack';\n\n{_EXPECT}"},
        _SHIFT, _POP, "vitest-4",
    ),
    "go": Sample(
        "go", "go", {"stack.go": GO, "stack_test.go": GO_TESTS},
        "\titem := s.items[0]", "\titem := s.items[len(s.items)-1]",
    ),
    "cargo": Sample(
        "rust", "cargo", {"src/lib.rs": RUST, "tests/stack.rs": RUST_TESTS}, "        self.items.first().copied()",
        "        self.items.pop()",
    ),
}  # fmt: skip
"""Several of a framework, where its projects differ in kind."""
