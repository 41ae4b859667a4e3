"""Candidates of whole files: the repairs of usual faults are among the first, each program comes once, and parses."""

from __future__ import annotations

import itertools

import pytest

from aion_r.tools.search_repair.model import Candidate, Evidence, Raised, apply
from aion_r.tools.search_repair.trees import TreeGenerator
from aion_r.tools.search_repair.trees.grammar import grammar_for
from aion_r.tools.search_repair.trees.tree import Tree

from .samples import GO, RUST, SCRIPT, TYPED

SOURCES = [
    ("javascript", "a.js", SCRIPT),
    ("typescript", "a.ts", TYPED),
    ("go", "a.go", GO),
    ("rust", "a.rs", RUST),
]
BINARY = """function find(list, wanted) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (list[middle] === wanted) {
      return middle;
    } else if (list[middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return -1;
}
"""
QUEUE = """export class Queue<T> {
  private items: T[] = [];
  constructor(private limit: number, private name?: string) {}
  push(item: T): boolean {
    if (this.items.length >= this.limit) return false;
    this.items.push(item);
    return true;
  }
  pop(): T | undefined {
    return this.items.shift();
  }
  title(): string {
    return (this.name ?? '').toUpperCase() + this.items.length;
  }
}
"""
MEDIAN = """package stats

import "sort"

type Account struct {
	balance float64
	log     map[string]int
}

func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

func (a *Account) Pay(amount float64, what string) bool {
	if amount <= 0 || amount > a.balance {
		return false
	}
	a.balance -= amount
	if a.log == nil {
		a.log = make(map[string]int)
	}
	a.log[what]++
	return true
}

func Best(values []int) (int, bool) {
	best, found := 0, false
	for _, value := range values {
		if !found || value > best {
			best, found = value, true
		}
	}
	return best, found
}
"""
SIEVE = """pub fn primes(n: usize) -> Vec<usize> {
    let mut marks = vec![true; n + 1];
    let mut found = Vec::new();
    for i in 2..=n {
        if !marks[i] {
            continue;
        }
        found.push(i);
        let mut k = i * i;
        while k <= n {
            marks[k] = false;
            k += i;
        }
    }
    found
}

pub struct Stack {
    items: Vec<i64>,
    limit: usize,
}

impl Stack {
    pub fn push(&mut self, item: i64) -> Result<usize, String> {
        if self.items.len() >= self.limit {
            return Err("full".to_string());
        }
        self.items.push(item);
        Ok(self.items.len())
    }

    pub fn mean(&self) -> Option<f64> {
        if self.items.is_empty() {
            return None;
        }
        Some(self.items.iter().sum::<i64>() as f64 / self.items.len() as f64)
    }
}

pub fn gap(a: u32, b: u32) -> u32 {
    a.saturating_sub(b)
}
"""
FAULTS = [
    ("javascript", BINARY, "low < high", "low <= high", 20),
    ("javascript", BINARY, "middle + 1", "middle", 200),
    ("javascript", BINARY, "let high = list.length", "let high = list.length - 1", 80),
    ("javascript", BINARY, "list[middle] < wanted", "list[middle] > wanted", 20),
    ("javascript", BINARY, "Math.floor((low + high) / 2)", "(low + high) / 2", 250),
    ("javascript", BINARY, "return middle", "return wanted", 80),
    ("javascript", BINARY, "high = middle;", "low = middle;", 100),
    ("javascript", BINARY, "return -1", "return 1", 120),
    ("typescript", QUEUE, ">= this.limit", "> this.limit", 20),
    ("typescript", QUEUE, "this.items.shift()", "this.items.pop()", 20),
    ("typescript", QUEUE, "return true", "return false", 40),
    ("typescript", QUEUE, "return this.items.shift()", "this.items.shift()", 60),
    ("typescript", QUEUE, "(this.name ?? '').toUpperCase()", "this.name.toUpperCase()", 300),
    ("go", MEDIAN, "amount <= 0 || amount", "amount <= 0 && amount", 30),
    ("go", MEDIAN, "sorted[middle-1]", "sorted[middle]", 60),
    ("go", MEDIAN, "== 0 {\n\t\treturn (", "!= 0 {\n\t\treturn (", 40),
    ("go", MEDIAN, "a.balance -= amount", "a.balance += amount", 40),
    ("go", MEDIAN, "append([]float64(nil), values...)", "values", 400),
    ("go", MEDIAN, "\tif a.log == nil {\n\t\ta.log = make(map[string]int)\n\t}\n", "", 200),
    ("go", MEDIAN, "\tif len(values) == 0 {\n\t\treturn 0\n\t}\n", "", 250),
    ("go", MEDIAN, "for _, value", "for value", 150),
    ("rust", SIEVE, "2..=n", "2..n", 30),
    ("rust", SIEVE, "k <= n", "k < n", 30),
    ("rust", SIEVE, "vec![true; n + 1]", "vec![true; n]", 150),
    ("rust", SIEVE, "if !marks[i]", "if marks[i]", 30),
    ("rust", SIEVE, "self.items.len() >= self", "self.items.len() > self", 30),
    ("rust", SIEVE, "a.saturating_sub(b)", "a - b", 100),
    ("rust", SIEVE, "i * i", "i + i", 80),
    ("rust", SIEVE, "i64>() as f64 / self.items.len() as f64", "i64>() as f64 * self.items.len() as f64", 40),
]


def candidates(language: str, path: str, text: str, *errors: Raised) -> list[Candidate]:
    everywhere = dict.fromkeys(range(1, text.count("\n") + 2), 1.0)
    return list(TreeGenerator(language).candidates({path: text}, Evidence(errors, {path: everywhere})))


@pytest.mark.parametrize(("language", "right", "good", "bad", "most"), FAULTS)
def test_the_repair_of_a_usual_fault_is_among_the_first(
    language: str, right: str, good: str, bad: str, most: int
) -> None:
    assert right.count(good) == 1
    path = {"javascript": "a.js", "typescript": "a.ts", "go": "a.go", "rust": "a.rs"}[language]
    broken = right.replace(good, bad)
    made = (apply(broken, c.splices) for c in candidates(language, path, broken))
    wanted = " ".join(right.split())
    rank = next((n for n, text in enumerate(made, 1) if " ".join(text.split()) == wanted), None)
    assert rank is not None, "never made"
    assert rank <= most


@pytest.mark.parametrize(("language", "path", "text"), SOURCES)
def test_candidates_are_distinct_parse_and_come_best_first(language: str, path: str, text: str) -> None:
    found = candidates(language, path, text)
    scores = [c.score for c in found]
    assert all(one >= other - 0.35 for one, other in itertools.pairwise(scores))
    assert scores[0] == max(scores) > scores[-1]
    made = [apply(text, c.splices) for c in found]
    assert len(set(made)) == len(made) > 500
    assert text not in made
    for candidate in made[:: len(made) // 60]:
        tree = Tree.parse(path, candidate, grammar_for(language))
        assert tree is not None and not tree.root.broken


@pytest.mark.parametrize(("language", "path", "text"), SOURCES)
def test_texts_of_messages_stay_as_they_are(language: str, path: str, text: str) -> None:
    tree = Tree.parse(path, text, grammar_for(language))
    assert tree is not None
    texts = {node.text for node in tree.nodes if node.kind == "string" and len(node.text) > 3}
    for candidate in candidates(language, path, text, Raised("AssertionError", "expected 'full' to equal 'empty!'")):
        assert "empty!" not in "".join(splice.text for splice in candidate.splices)
    assert texts


def test_the_first_candidate_of_a_large_project_comes_at_once() -> None:
    sources = {f"src/{n}.go": GO for n in range(200)}
    suspicion = {path: dict.fromkeys(range(1, 90), 0.5 if n else 1.0) for n, path in enumerate(sources)}
    parsed: list[str] = []
    generator = TreeGenerator("go")
    original = Tree.parse

    def counting(path: str, *rest: object) -> Tree | None:
        parsed.append(path)
        return original(path, *rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tree, "parse", staticmethod(counting))
        first = next(generator.candidates(sources, Evidence((), suspicion)))
    assert first.path == "src/0.go"
    assert len({path for path in parsed if path in sources}) < 10


def test_the_kind_of_the_error_brings_its_repairs_forward() -> None:
    text = "function f(user) {\n  return user.name.length;\n}\n"
    error = Raised("TypeError", "Cannot read properties of undefined (reading 'length')")
    plain, told = candidates("javascript", "a.js", text), candidates("javascript", "a.js", text, error)

    def rank(found: list[Candidate]) -> int:
        return next(n for n, c in enumerate(found) if "if (user == null) return" in apply(text, c.splices))

    assert rank(told) < rank(plain)


def test_a_step_is_taken_where_something_is_a_number() -> None:
    source = "function find(name, at) {\n  if (at < 3) return get(name, at);\n}\n"
    made = {apply(source, one.splices): one.score for one in candidates("javascript", "a.js", source)}
    assert made[source.replace("get(name,", "get(name + 1,")] < made[source.replace("at);", "at + 1);")] / 2


def test_lines_that_are_not_suspicious_are_left_alone() -> None:
    found = TreeGenerator("go").candidates({"a.go": MEDIAN}, Evidence((), {"a.go": {10: 1.0}}))
    assert {c.line for c in found} <= {9, 10, 11, *range(3, 8)}


def test_what_was_broken_before_may_stay_broken() -> None:
    text = "function f(a) {\n  return a +;\n}\nfunction g(a, b) {\n  return a - b;\n}\n"
    made = [apply(text, c.splices) for c in candidates("javascript", "a.js", text)]
    assert text.replace("a - b", "a + b") in made


def test_what_makes_less_happen_is_risky() -> None:
    found = candidates("go", "a.go", MEDIAN)
    safe = {c.operator for c in found if c.risk < 0.3}
    assert {"comparison", "off by one", "variable", "early return"} <= safe
    assert not {"left out", "no condition"} & safe


def test_go_never_loses_the_last_use_of_a_package() -> None:
    text = 'package a\n\nimport "strings"\n\nfunc f(s string) string {\n\treturn strings.ToLower(s)\n}\n'
    made = [apply(text, c.splices) for c in candidates("go", "a.go", text)]
    assert any("strings.ToUpper(s)" in text for text in made)
    assert all("strings." in text for text in made)


def test_an_object_that_an_arrow_function_answers_is_no_block() -> None:
    text = "const f = () => g({ a: 1 });\n"
    made = [apply(text, c.splices) for c in candidates("javascript", "a.js", text)]
    assert "const f = () => ({ a: 1 });\n" in made
    assert "const f = () => { a: 1 };\n" not in made


EMPTY = [
    ("javascript", "a.js", "if (a.length > 0) f();\n", "a.length >= 0"),
    ("javascript", "a.js", "function g(a, b) {\n  if (a < b) f();\n}\n", "b < b"),
    ("go", "a.go", "func g(a []int) bool {\n\treturn len(a) > 0\n}\n", "len(a) >= 0"),
    ("rust", "a.rs", "fn g(a: &[i32]) -> bool {\n    a.len() > 0\n}\n", "a.len() >= 0"),
]


@pytest.mark.parametrize(("language", "path", "text", "made"), EMPTY)
def test_a_condition_that_says_nothing_is_risky(language: str, path: str, text: str, made: str) -> None:
    found = {made in apply(text, c.splices): c.risk for c in candidates(language, path, text) if made not in text}
    assert found[True] >= 0.3
    boundary = [c for c in candidates(language, path, text) if c.operator == "comparison" and "==" in c.splices[0].text]
    assert boundary and min(c.risk for c in boundary) == 0
