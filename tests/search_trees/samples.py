"""Small programs with most of what their languages know of functions; ``answers`` shows what they do."""

SCRIPT = """'use strict';
const LIMIT = 3;

function sum(values, start = 0) {
  let total = start;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < 0) continue;
    total += values[i];
  }
  return total;
}

const double = (x) => x * 2;
const pair = (a, b) => ({ a, b: b + 1 });
const curried = (a) => (b) => a - b;

class Shape {
  constructor(sides) {
    this.sides = sides;
  }

  get area() {
    return this.sides[0] * this.sides[1];
  }

  set width(value) {
    this.sides[0] = value > LIMIT ? LIMIT : value;
  }

  static of(...sides) {
    return new Shape(sides);
  }
}

class Square extends Shape {
  constructor(side) {
    super([side, side]);
    this.name = 'square' + side;
  }
}

function* counted(n) {
  let i = 0;
  while (i < n && i < 20) {
    yield i;
    i++;
  }
}

function fib(n) {
  function inner(k) {
    return k < 2 ? k : inner(k - 1) + inner(k - 2);
  }
  outer: for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      if (a * b > n) break outer;
    }
  }
  if (n > 12) {
    return -1;
  } else {
    return inner(n);
  }
}

const table = {
  rows: 2,
  cells(columns) {
    return this.rows * columns;
  },
  each: function (list) {
    return list.map((item, i) => item + i).filter(x => x % 2 === 0);
  },
};

async function later(x) {
  const y = await Promise.resolve(x + 1);
  return y > 2 ? y : 2;
}

function nothing(log) {
  log.push(1);
}

function answers() {
  const log = [];
  const shape = Shape.of(2, 3);
  shape.width = 9;
  return [
    () => sum([1, -2, 3]), () => sum([], 4), () => double(4), () => pair(1, 2), () => curried(5)(3),
    () => shape.area, () => new Square(3).area, () => new Square(2).name, () => [...counted(4)], () => fib(7),
    () => fib(20), () => table.cells(4), () => table.each([1, 2, 3, 4]), () => (nothing(log), log), () => nothing(log),
  ];
}

module.exports = { answers, later };
"""

TYPED = """interface Item { price: number; count: number; tags?: string[] }
type Kind = 'a' | 'b';

export function area(kind: Kind, size: number): number {
  switch (kind) {
    case 'a':
      return size * size;
    case 'b':
      return size + 1;
  }
}

export function over(x: number): string;
export function over(x: string): string;
export function over(x: number | string): string {
  return typeof x === 'number' ? String(x + 1) : x;
}

export abstract class Base<T extends Item> {
  protected items: T[] = [];
  constructor(private readonly limit: number) {}
  abstract label(item: T): string;
  add(item: T): this {
    if (this.items.length < this.limit) this.items.push(item);
    return this;
  }
  get total(): number {
    return this.items.reduce((sum, item) => sum + item.price * item.count, 0);
  }
}

export class Cart extends Base<Item> {
  private readonly rate: number = 0.5;
  constructor(limit: number) {
    super(limit);
    this.rate = limit > 2 ? 0.25 : 0.5;
  }
  label = (item: Item): string => `${item.price}:${item.tags?.[0] ?? 'none'}`;
  off(): number {
    const { total } = this;
    return total > 10 ? total * this.rate : 0;
  }
}

export const keys = <T extends object>(value: T): (keyof T)[] => Object.keys(value) as (keyof T)[];

export function log(lines: string[], line: string): void {
  if (line.length > 0) {
    lines.push(line);
  }
}

export function answers(): (() => unknown)[] {
  const cart = new Cart(3).add({ price: 4, count: 3 }).add({ price: 1, count: 1, tags: ['x'] });
  const lines: string[] = [];
  return [
    () => area('a', 3), () => area('b', 3), () => over(1), () => over('q'), () => (cart as Cart).off(),
    () => cart.total, () => new Cart(1).label({ price: 1, count: 1, tags: ['t'] }), () => keys({ a: 1 }),
    () => (log(lines, 'a'), lines),
  ];
}
"""

GO = """package sample // the sample

import (
	"errors"
	"fmt"
	"strings"
)

type Stack[T any] struct {
	items []T
	limit int
}

var square = func(x int) int { return x * x }

func (s *Stack[T]) Push(item T) error {
	if len(s.items) >= s.limit {
		return errors.New("full")
	}
	s.items = append(s.items, item)
	return nil
}

func (s Stack[T]) Size() int { return len(s.items) }

func sum(values ...int) (total int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered %v", r)
		}
	}()
	for i := 0; i < len(values); i++ {
		total += values[i]
	}
	if total > 100 {
		panic("too much")
	}
	return
}

func find(table [][]int, wanted int) int {
	count := 0
outer:
	for _, row := range table {
		for i, cell := range row {
			if cell == wanted {
				count += i
				continue outer
			}
			if cell < 0 {
				break outer
			}
		}
	}
	return count
}

func words(text string) map[string]int {
	found := make(map[string]int)
	each := func(word string) {
		if word != "" {
			found[strings.ToLower(word)]++
		}
	}
	for _, word := range strings.Split(text, " ") {
		each(word)
	}
	return found
}

func grade(n int) string {
	switch {
	case n > 90:
		return "a"
	case n > 50:
		return "b"
	default:
		return "c"
	}
}

func note(lines *[]string, line string) {
	if line == "" {
		return
	}
	*lines = append(*lines, line)
}

func answers() []func() any {
	s := &Stack[int]{limit: 1}
	var lines []string
	return []func() any{
		func() any { return s.Push(1) },
		func() any { return s.Push(2) },
		func() any { return s.Size() },
		func() any { a, b := sum(1, 2, 3); return fmt.Sprint(a, b) },
		func() any { a, b := sum(99, 2); return fmt.Sprint(a, b) },
		func() any { return find([][]int{{1, 2}, {3, 2}, {-1}, {2}}, 2) },
		func() any { return words("a B a") },
		func() any { return grade(91) + grade(60) + grade(50) },
		func() any { note(&lines, "x"); note(&lines, ""); return lines },
		func() any { return square(3) },
	}
}
"""

RUST = """use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub owner: String,
    pub balance: i64,
}

pub const fn limit(n: u32) -> u32 {
    n + 1
}

impl Account {
    pub fn new(owner: &str) -> Self {
        Account { owner: owner.to_string(), balance: 0 }
    }

    pub fn take(&mut self, amount: i64) -> Result<i64, String> {
        if amount > self.balance {
            return Err(format!("only {}", self.balance));
        }
        self.balance -= amount;
        Ok(self.balance)
    }
}

pub trait Named {
    fn name(&self) -> String;
    fn greeting(&self) -> String {
        format!("hello {}", self.name())
    }
}

impl Named for Account {
    fn name(&self) -> String {
        self.owner.clone()
    }
}

pub fn largest<T: PartialOrd + Copy>(items: &[T]) -> Option<T> {
    let mut best = *items.first()?;
    for &item in items {
        if item > best {
            best = item;
        }
    }
    Some(best)
}

pub mod inner {
    pub fn count(text: &str) -> usize {
        #![allow(unused_mut)]
        let mut found = 0;
        'outer: for word in text.split(' ') {
            for c in word.chars() {
                if c == '!' {
                    break 'outer;
                }
                if c.is_ascii_digit() {
                    continue 'outer;
                }
            }
            found += 1;
        }
        found
    }
}

pub fn adder(n: i32) -> impl Fn(i32) -> i32 {
    move |x| x + n
}

pub fn words(text: &str) -> Vec<(String, usize)> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for word in text.split_whitespace() {
        *found.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    let mut list: Vec<_> = found.into_iter().collect();
    list.sort();
    list
}

pub fn classify(n: i32) -> &'static str {
    match n {
        0 => "zero",
        1..=9 => "small",
        _ if n < 0 => "negative",
        _ => "large",
    }
}

pub fn fill(n: usize) -> Vec<usize> {
    let mut table = vec![1; n + 1];
    for i in 2..=n {
        table[i] = table[i - 1] + table[i - 2];
    }
    table
}

pub fn note(lines: &mut Vec<String>, line: &str) {
    if !line.is_empty() {
        lines.push(line.trim().to_string());
    }
}

pub fn answers() -> Vec<Box<dyn Fn() -> String>> {
    vec![
        Box::new(|| { let mut a = Account::new("x"); a.balance = 5; format!("{:?} {:?}", a.take(2), a.take(9)) }),
        Box::new(|| Account::new("bob").greeting()),
        Box::new(|| format!("{:?} {:?}", largest(&[1, 7, 3]), largest::<i32>(&[]))),
        Box::new(|| inner::count("a b 3x c !d e").to_string()),
        Box::new(|| adder(2)(3).to_string()),
        Box::new(|| format!("{:?}", words("b a B"))),
        Box::new(|| [0, 5, -1, 10].iter().map(|n| classify(*n)).collect::<Vec<_>>().join(",")),
        Box::new(|| format!("{:?}", fill(5))),
        Box::new(|| { let mut lines = vec![]; note(&mut lines, " a "); note(&mut lines, ""); format!("{:?}", lines) }),
        Box::new(|| limit(2).to_string()),
    ]
}
"""
