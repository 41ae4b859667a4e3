"""JavaScript and TypeScript projects with one fault each, for Mocha, Jest and Vitest.

They were written before any operator was looked at, and no operator was written for one of them.
"""

from __future__ import annotations

import json

from support.node import manifest

from .planted import Fault, Planted

PACKAGES: dict[str, str] = {}
"""The set of installed packages (``support.node``) of each project."""


def _project(name: str, packages: str, files: dict[str, str], path: str, wrong: str, right: str) -> Planted:
    assert files[path].count(wrong) == 1, name
    PACKAGES[name] = packages
    return Planted(name, packages.partition("-")[0], files, (Fault(path, wrong, right),))


PAGES = _project(
    "jest-commonjs-pages",
    "jest-30",
    {
        "package.json": manifest("jest", "jest"),
        "src/pages.js": """'use strict';

const DEFAULT_SIZE = 10;

function pageCount(total, size = DEFAULT_SIZE) {
  if (total <= 0) {
    return 0;
  }
  return Math.floor(total / size);
}

function slicePage(items, page, size = DEFAULT_SIZE) {
  const last = pageCount(items.length, size);
  if (page < 1 || page > last) {
    return { items: [], page, pages: last, more: false };
  }
  const start = (page - 1) * size;
  return { items: items.slice(start, start + size), page, pages: last, more: page < last };
}

module.exports = { pageCount, slicePage };
""",
        "test/pages.test.js": """const { pageCount, slicePage } = require('../src/pages');

describe('pageCount', () => {
  test('nothing has no pages', () => expect(pageCount(0)).toBe(0));
  test('full pages', () => expect(pageCount(30)).toBe(3));
  test('a page that is not full counts', () => expect(pageCount(31)).toBe(4));
});

describe('slicePage', () => {
  const items = Array.from({ length: 25 }, (_, i) => i);
  test('first page', () => expect(slicePage(items, 1)).toMatchObject({ page: 1, more: true }));
  test('last page', () => expect(slicePage(items, 3).items).toEqual([20, 21, 22, 23, 24]));
  test('beyond the end', () => expect(slicePage(items, 4).items).toEqual([]));
});
""",
    },
    "src/pages.js",
    "Math.floor(total / size)",
    "Math.ceil(total / size)",
)

DISCOUNT = _project(
    "ts-jest-discount",
    "jest-29",
    {
        "package.json": manifest("jest", "jest", "ts-jest", "typescript"),
        "jest.config.js": "module.exports = { preset: 'ts-jest', testEnvironment: 'node' };\n",
        "tsconfig.json": '{"compilerOptions": {"strict": true, "target": "es2020", "module": "commonjs"}}\n',
        "src/discount.ts": """export interface Line {
  sku: string;
  quantity: number;
  cents: number;
}

export type Customer = { name: string; since: number; blocked?: boolean };

const STEPS: ReadonlyArray<[number, number]> = [
  [50_000, 15],
  [20_000, 10],
  [10_000, 5],
];

export function subtotal(lines: Line[]): number {
  return lines.reduce((sum, line) => sum + line.quantity * line.cents, 0);
}

export function discountPercent(customer: Customer, cents: number, year: number): number {
  if (customer.blocked) {
    return 0;
  }
  const step = STEPS.find(([from]) => cents > from);
  const loyal = year - customer.since >= 5 ? 2 : 0;
  return (step ? step[1] : 0) + loyal;
}

export function total(customer: Customer, lines: Line[], year: number): number {
  const sum = subtotal(lines);
  return sum - Math.round((sum * discountPercent(customer, sum, year)) / 100);
}
""",
        "test/discount.test.ts": """import { expect, test } from '@jest/globals';
import { Customer, discountPercent, subtotal, total } from '../src/discount';

const fresh: Customer = { name: 'Ada', since: 2024 };
const loyal: Customer = { name: 'Bo', since: 2015 };

test('subtotal', () => {
  expect(subtotal([{ sku: 'a', quantity: 2, cents: 150 }, { sku: 'b', quantity: 1, cents: 99 }])).toBe(399);
});

test('small orders get nothing', () => expect(discountPercent(fresh, 9_999, 2025)).toBe(0));
test('the step begins at its bound', () => expect(discountPercent(fresh, 10_000, 2025)).toBe(5));
test('between the steps', () => expect(discountPercent(fresh, 30_000, 2025)).toBe(10));
test('loyal customers get more', () => expect(discountPercent(loyal, 30_000, 2025)).toBe(12));
test('blocked customers get nothing', () => {
  expect(discountPercent({ ...loyal, blocked: true }, 90_000, 2025)).toBe(0);
});
test('total', () => expect(total(fresh, [{ sku: 'a', quantity: 4, cents: 5_000 }], 2025)).toBe(18_000));
""",
    },
    "src/discount.ts",
    "cents > from",
    "cents >= from",
)

CACHE = _project(
    "babel-lru-cache",
    "jest-30",
    {
        "package.json": manifest("jest", "jest"),
        "babel.config.js": "module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] };\n",
        "src/cache.js": """export class Cache {
  constructor(limit, onEvict = () => {}) {
    this.limit = limit;
    this.onEvict = onEvict;
    this.entries = new Map();
  }

  get size() {
    return this.entries.size;
  }

  get(key) {
    if (!this.entries.has(key)) {
      return undefined;
    }
    const value = this.entries.get(key);
    this.entries.set(key, value);
    return value;
  }

  set(key, value) {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.limit) {
      const [oldest] = this.entries.keys();
      this.onEvict(oldest, this.entries.get(oldest));
      this.entries.delete(oldest);
    }
    return this;
  }
}
""",
        "src/cache.test.js": """import { Cache } from './cache';

test('keeps what it is given', () => {
  const cache = new Cache(2).set('a', 1).set('b', 2);
  expect(cache.get('a')).toBe(1);
  expect(cache.get('c')).toBeUndefined();
});

test('drops the oldest', () => {
  const dropped = [];
  const cache = new Cache(2, (key) => dropped.push(key)).set('a', 1).set('b', 2).set('c', 3);
  expect(dropped).toEqual(['a']);
  expect(cache.size).toBe(2);
});

test('reading makes an entry young', () => {
  const cache = new Cache(2).set('a', 1).set('b', 2);
  cache.get('a');
  cache.set('c', 3);
  expect(cache.get('a')).toBe(1);
  expect(cache.get('b')).toBeUndefined();
});
""",
    },
    "src/cache.js",
    "    const value = this.entries.get(key);\n    this.entries.set",
    "    const value = this.entries.get(key);\n    this.entries.delete(key);\n    this.entries.set",
)

BOOKING = _project(
    "swc-booking",
    "jest-30-swc",
    {
        "package.json": manifest("jest", "jest", "@swc/jest"),
        "jest.config.js": "module.exports = { transform: { '^.+\\\\.(t|j)s$': '@swc/jest' } };\n",
        ".swcrc": '{"jsc": {"parser": {"syntax": "typescript"}, "target": "es2021"}, "module": {"type": "commonjs"}}\n',
        "src/booking.ts": """export interface Period {
  from: number;
  to: number;
}

export class Room {
  private readonly booked: Period[] = [];

  constructor(readonly name: string) {}

  isFree(wanted: Period): boolean {
    return !this.booked.some((one) => overlaps(one, wanted));
  }

  book(wanted: Period): boolean {
    if (wanted.to <= wanted.from || !this.isFree(wanted)) {
      return false;
    }
    this.booked.push(wanted);
    this.booked.sort((one, other) => one.from - other.from);
    return true;
  }

  get hours(): number {
    return this.booked.reduce((sum, one) => sum + one.to - one.from, 0);
  }
}

export function overlaps(one: Period, other: Period): boolean {
  return one.from < other.to || other.from < one.to;
}
""",
        "test/booking.test.ts": """import { Room, overlaps } from '../src/booking';

test('the same time is taken', () => {
  const room = new Room('blue');
  expect(room.book({ from: 9, to: 11 })).toBe(true);
  expect(room.book({ from: 10, to: 12 })).toBe(false);
});

test('one after the other', () => {
  const room = new Room('blue');
  expect(room.book({ from: 9, to: 11 })).toBe(true);
  expect(room.book({ from: 11, to: 12 })).toBe(true);
  expect(room.hours).toBe(3);
});

test('no time at all', () => expect(new Room('red').book({ from: 3, to: 3 })).toBe(false));
test('inside', () => expect(overlaps({ from: 1, to: 9 }, { from: 2, to: 3 })).toBe(true));
test('apart', () => expect(overlaps({ from: 1, to: 2 }, { from: 3, to: 4 })).toBe(false));
""",
    },
    "src/booking.ts",
    "one.from < other.to || other",
    "one.from < other.to && other",
)

SLUG = _project(
    "vitest-slug",
    "vitest-4",
    {
        "package.json": manifest("vitest run", "vitest", type="module"),
        "tsconfig.json": "{}\n",
        "src/slug.ts": """const MARKS = /[\\u0300-\\u036f]/g;

export function slug(title: string, longest = 40): string {
  const plain = title.normalize('NFKD').replace(MARKS, '').toLowerCase();
  const joined = plain.replace(/[^a-z0-9]+/, '-');
  const trimmed = joined.replace(/^-+|-+$/g, '');
  if (trimmed.length <= longest) {
    return trimmed;
  }
  const cut = trimmed.lastIndexOf('-', longest);
  return trimmed.slice(0, cut > 0 ? cut : longest);
}

export function unique(title: string, taken: Set<string>): string {
  const first = slug(title);
  let found = first;
  for (let number = 2; taken.has(found); number++) {
    found = `${first}-${number}`;
  }
  taken.add(found);
  return found;
}
""",
        "src/slug.test.ts": """import { describe, expect, it } from 'vitest';
import { slug, unique } from './slug';

describe('slug', () => {
  it('joins two words', () => expect(slug('Hello World')).toBe('hello-world'));
  it('joins many words', () => expect(slug('The Quick, Brown Fox')).toBe('the-quick-brown-fox'));
  it('drops accents', () => expect(slug('Crème')).toBe('creme'));
  it('cuts at a word', () => expect(slug('aaaa bbbb', 6)).toBe('aaaa'));
});

describe('unique', () => {
  it('numbers what is taken', () => {
    const taken = new Set<string>();
    expect([unique('Tea', taken), unique('Tea', taken), unique('Tea', taken)]).toEqual(['tea', 'tea-2', 'tea-3']);
  });
});
""",
    },
    "src/slug.ts",
    "/[^a-z0-9]+/, ",
    "/[^a-z0-9]+/g, ",
)

LOADER = _project(
    "vitest-loader",
    "vitest-4",
    {
        "package.json": manifest("vitest run", "vitest", type="module"),
        "src/loader.js": """export class Loader {
  constructor(fetchOne, { retries = 2 } = {}) {
    this.fetchOne = fetchOne;
    this.retries = retries;
    this.known = new Map();
  }

  async load(id) {
    if (this.known.has(id)) {
      return this.known.get(id);
    }
    const found = await this.attempt(id);
    this.known.set(id, found);
    return found;
  }

  async attempt(id) {
    let last;
    for (let round = 0; round <= this.retries; round += 1) {
      try {
        return this.fetchOne(id);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async loadAll(ids) {
    return Promise.all(ids.map((id) => this.load(id)));
  }
}
""",
        "test/loader.test.js": """import { expect, test, vi } from 'vitest';
import { Loader } from '../src/loader.js';

test('loads once', async () => {
  const fetchOne = vi.fn(async (id) => id * 2);
  const loader = new Loader(fetchOne);
  expect(await loader.load(4)).toBe(8);
  expect(await loader.load(4)).toBe(8);
  expect(fetchOne).toHaveBeenCalledTimes(1);
});

test('tries again', async () => {
  let calls = 0;
  const loader = new Loader(async (id) => {
    calls += 1;
    if (calls < 3) throw new Error('busy');
    return id;
  });
  expect(await loader.load(7)).toBe(7);
  expect(calls).toBe(3);
});

test('gives up', async () => {
  const loader = new Loader(async () => { throw new Error('gone'); }, { retries: 1 });
  await expect(loader.load(1)).rejects.toThrow('gone');
});

test('loads many', async () => {
  expect(await new Loader(async (id) => id + 1).loadAll([1, 2, 3])).toEqual([2, 3, 4]);
});
""",
    },
    "src/loader.js",
    "return this.fetchOne(id);",
    "return await this.fetchOne(id);",
)

SETTINGS = _project(
    "vitest-settings",
    "vitest-3",
    {
        "package.json": manifest("vitest run", "vitest", type="module"),
        "tsconfig.json": "{}\n",
        "src/settings.ts": """export interface Settings {
  theme: string;
  fontSize: number;
  plugins: string[];
}

export const DEFAULTS: Settings = { theme: 'light', fontSize: 12, plugins: ['core'] };

export function withOverrides(overrides: Partial<Settings>): Settings {
  return Object.assign(DEFAULTS, overrides);
}

export function fontStep(settings: Settings, steps: number): Settings {
  const fontSize = Math.min(40, Math.max(6, settings.fontSize + steps));
  return { ...settings, fontSize };
}

export function describeSettings(settings: Settings): string {
  return `${settings.theme}/${settings.fontSize}/${settings.plugins.join('+')}`;
}
""",
        "src/settings.test.ts": """import { expect, test } from 'vitest';
import { DEFAULTS, describeSettings, fontStep, withOverrides } from './settings';

test('defaults', () => expect(describeSettings(withOverrides({}))).toBe('light/12/core'));
test('an override', () => expect(withOverrides({ theme: 'dark' }).theme).toBe('dark'));
test('the defaults stay', () => {
  withOverrides({ fontSize: 20 });
  expect(DEFAULTS.fontSize).toBe(12);
});
test('steps stay in bounds', () => {
  expect(fontStep({ ...DEFAULTS, fontSize: 39 }, 5).fontSize).toBe(40);
  expect(fontStep({ ...DEFAULTS, fontSize: 7 }, -5).fontSize).toBe(6);
});
""",
    },
    "src/settings.ts",
    "return Object.assign(DEFAULTS, overrides);",
    "return { ...DEFAULTS, ...overrides };",
)

RETRY = _project(
    "vitest-delay-options",
    "vitest-4",
    {
        "package.json": manifest("vitest run", "vitest", type="module"),
        "tsconfig.json": "{}\n",
        "src/delay.ts": """export interface Options {
  base?: number;
  factor?: number;
  longest?: number;
}

export function delays(count: number, options: Options = {}): number[] {
  const base = options.base ?? 100;
  const factor = options.factor ?? 2;
  const longest = options.longest || 10_000;
  const found: number[] = [];
  for (let round = 0; round < count; round++) {
    found.push(Math.min(longest, base * factor ** round));
  }
  return found;
}

export const sum = (numbers: number[]): number => numbers.reduce((one, other) => one + other, 0);
""",
        "test/delay.test.ts": """import { expect, test } from 'vitest';
import { delays, sum } from '../src/delay';

test('doubles', () => expect(delays(4)).toEqual([100, 200, 400, 800]));
test('no base', () => expect(delays(2, { base: 0 })).toEqual([0, 0]));
test('stops growing', () => expect(delays(3, { longest: 150 })).toEqual([100, 150, 150]));
test('no delay at all', () => expect(sum(delays(3, { longest: 0 }))).toBe(0));
""",
    },
    "src/delay.ts",
    "options.longest || 10_000",
    "options.longest ?? 10_000",
)

QUERY = _project(
    "mocha-modules-query",
    "mocha-11",
    {
        "package.json": manifest("mocha", "mocha", type="module"),
        "src/query.js": """export function parse(text) {
  const query = text.startsWith('?') ? text.slice(1) : text;
  const found = {};
  for (const part of query.split('&')) {
    if (part === '') {
      continue;
    }
    const at = part.indexOf('=');
    const name = decodeURIComponent(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? true : decodeURIComponent(part.slice(at));
    if (name in found) {
      found[name] = [].concat(found[name], value);
    } else {
      found[name] = value;
    }
  }
  return found;
}

export function format(values) {
  return Object.entries(values)
    .map(([name, value]) => (value === true ? name : `${name}=${encodeURIComponent(value)}`))
    .join('&');
}
""",
        "test/query.spec.js": """import assert from 'node:assert/strict';
import { format, parse } from '../src/query.js';

describe('parse', () => {
  it('knows nothing', () => assert.deepEqual(parse(''), {}));
  it('flags', () => assert.deepEqual(parse('?debug'), { debug: true }));
  it('values', () => assert.deepEqual(parse('a=1&b=x%20y'), { a: '1', b: 'x y' }));
  it('lists', () => assert.deepEqual(parse('a=1&a=2'), { a: ['1', '2'] }));
});

describe('format', () => {
  it('escapes', () => assert.equal(format({ a: 'x y', debug: true }), 'a=x%20y&debug'));
});
""",
    },
    "src/query.js",
    "decodeURIComponent(part.slice(at));",
    "decodeURIComponent(part.slice(at + 1));",
)

SCORES = _project(
    "mocha-commonjs-scores",
    "mocha-11",
    {
        "package.json": manifest("mocha", "mocha"),
        "lib/scores.js": """'use strict';

class Scores {
  constructor() {
    this.points = {};
  }

  add(player, points) {
    if (!Number.isFinite(points)) {
      throw new TypeError('points must be a number');
    }
    this.points[player] = (this.points[player] || 0) + points;
    return this.points[player];
  }

  ranking() {
    return Object.entries(this.points)
      .sort(([nameA, a], [nameB, b]) => a - b || nameA.localeCompare(nameB))
      .map(([player]) => player);
  }

  best(count) {
    return this.ranking().slice(0, count);
  }

  average() {
    const values = Object.values(this.points);
    if (values.length === 0) {
      return 0;
    }
    return values.reduce((sum, one) => sum + one, 0) / values.length;
  }
}

module.exports = Scores;
""",
        "test/scores.js": """const assert = require('assert');
const Scores = require('../lib/scores');

describe('scores', () => {
  let scores;

  beforeEach(() => {
    scores = new Scores();
    scores.add('bo', 10);
    scores.add('ada', 30);
    scores.add('cy', 10);
  });

  it('adds up', () => assert.strictEqual(scores.add('bo', 5), 15));
  it('wants numbers', () => assert.throws(() => scores.add('bo', 'x'), TypeError));
  it('ranks the best first', () => assert.deepStrictEqual(scores.ranking(), ['ada', 'bo', 'cy']));
  it('tells the best', () => assert.deepStrictEqual(scores.best(1), ['ada']));
  it('averages', () => assert.strictEqual(Math.round(scores.average()), 17));
  it('averages nothing', () => assert.strictEqual(new Scores().average(), 0));
});
""",
    },
    "lib/scores.js",
    "=> a - b ||",
    "=> b - a ||",
)

BANK = _project(
    "mocha-ts-node-bank",
    "mocha-11-typescript",
    {
        "package.json": manifest("mocha", "mocha", "typescript", "ts-node"),
        ".mocharc.json": '{"require": ["ts-node/register"], "spec": ["test/**/*.ts"]}\n',
        "tsconfig.json": (
            '{"compilerOptions": {"strict": true, "target": "es2020", "module": "commonjs", "esModuleInterop": true,'
            ' "types": []}, "ts-node": {"transpileOnly": true}}\n'
        ),
        "src/bank.ts": """export class Account {
  private cents = 0;

  constructor(readonly owner: string) {}

  get balance(): number {
    return this.cents;
  }

  deposit(amount: number): void {
    if (amount <= 0) {
      throw new RangeError('an amount is more than nothing');
    }
    this.cents += amount;
  }

  withdraw(amount: number): void {
    if (amount > this.cents) {
      throw new RangeError(`${this.owner} has not enough`);
    }
    this.cents -= amount;
  }
}

export class Bank {
  private readonly accounts = new Map<string, Account>();

  open(owner: string): Account {
    const account = new Account(owner);
    this.accounts.set(owner, account);
    return account;
  }

  transfer(from: string, to: string, amount: number): void {
    const source = this.accounts.get(from);
    const target = this.accounts.get(from);
    if (!source || !target) {
      throw new Error('no such account');
    }
    source.withdraw(amount);
    target.deposit(amount);
  }
}
""",
        "test/bank.ts": """declare const describe: any, it: any;
import { strict as assert } from 'assert';
import { Bank } from '../src/bank';

describe('bank', () => {
  it('keeps deposits', () => {
    const account = new Bank().open('ada');
    account.deposit(100);
    assert.equal(account.balance, 100);
  });

  it('moves money', () => {
    const bank = new Bank();
    const [ada, bo] = [bank.open('ada'), bank.open('bo')];
    ada.deposit(100);
    bank.transfer('ada', 'bo', 40);
    assert.deepEqual([ada.balance, bo.balance], [60, 40]);
  });

  it('lends nothing', () => {
    const bank = new Bank();
    bank.open('ada');
    bank.open('bo');
    assert.throws(() => bank.transfer('ada', 'bo', 1), /not enough/);
  });
});
""",
    },
    "src/bank.ts",
    "target = this.accounts.get(from);",
    "target = this.accounts.get(to);",
)

EVENTS = _project(
    "mocha-10-events",
    "mocha-10",
    {
        "package.json": manifest("mocha --recursive", "mocha"),
        "index.js": """function createEvents() {
  const listeners = {};

  function on(name, listener) {
    (listeners[name] = listeners[name] || []).push(listener);
    return () => off(name, listener);
  }

  function off(name, listener) {
    const list = listeners[name] || [];
    const at = list.indexOf(listener);
    if (at >= 0) {
      list.splice(at);
    }
  }

  function once(name, listener) {
    const leave = on(name, (...args) => {
      leave();
      listener(...args);
    });
    return leave;
  }

  function emit(name, ...args) {
    const list = (listeners[name] || []).slice();
    list.forEach((listener) => listener(...args));
    return list.length;
  }

  return { on, off, once, emit };
}

module.exports = createEvents;
""",
        "test/events.js": """const { expect } = require('chai');
const createEvents = require('..');

describe('events', () => {
  it('tells listeners', () => {
    const heard = [];
    const events = createEvents();
    events.on('x', (value) => heard.push(value));
    expect(events.emit('x', 1)).to.equal(1);
    expect(heard).to.deep.equal([1]);
  });

  it('tells some only once', () => {
    const heard = [];
    const events = createEvents();
    events.once('x', (value) => heard.push(value));
    events.emit('x', 1);
    events.emit('x', 2);
    expect(heard).to.deep.equal([1]);
  });

  it('leaves the others', () => {
    const heard = [];
    const events = createEvents();
    const leave = events.on('x', () => heard.push('a'));
    events.on('x', () => heard.push('b'));
    leave();
    events.emit('x');
    expect(heard).to.deep.equal(['b']);
  });
});
""",
    },
    "index.js",
    "list.splice(at);",
    "list.splice(at, 1);",
)

SHOP = _project(
    "jest-workspace-shop",
    "jest-30",
    {
        "package.json": json.dumps({"private": True, "workspaces": ["packages/*"], "devDependencies": {"jest": "*"}}),
        "packages/prices/package.json": manifest("jest", name="prices"),
        "packages/prices/index.js": """function cheapest(offers) {
  return offers.reduce((best, offer) => (offer.price < best.price ? offer : best));
}

function label(offers, currency = 'EUR') {
  const best = cheapest(offers);
  return `from ${best.price.toFixed(2)} ${currency}`;
}

module.exports = { cheapest, label };
""",
        "packages/prices/index.test.js": """const { cheapest, label } = require('.');

test('cheapest', () => expect(cheapest([{ price: 3 }, { price: 2 }]).price).toBe(2));
test('label', () => expect(label([{ price: 3 }])).toBe('from 3.00 EUR'));
""",
        "packages/basket/package.json": manifest("jest", name="basket"),
        "packages/basket/basket.js": """class Basket {
  constructor() {
    this.lines = [];
  }

  add(name, price, count = 1) {
    const line = this.lines.find((one) => one.name === name);
    if (line) {
      line.count = count;
    } else {
      this.lines.push({ name, price, count });
    }
    return this;
  }

  get count() {
    return this.lines.reduce((sum, line) => sum + line.count, 0);
  }

  get total() {
    return this.lines.reduce((sum, line) => sum + line.price * line.count, 0);
  }
}

module.exports = { Basket };
""",
        "packages/basket/basket.test.js": """const { Basket } = require('./basket');

test('empty', () => expect(new Basket().total).toBe(0));
test('counts', () => expect(new Basket().add('tea', 3, 2).count).toBe(2));
test('adds to a line', () => {
  const basket = new Basket().add('tea', 3).add('milk', 1).add('tea', 3, 2);
  expect(basket.count).toBe(4);
  expect(basket.total).toBe(10);
});
""",
    },
    "packages/basket/basket.js",
    "line.count = count;",
    "line.count += count;",
)

LIMITER = _project(
    "vitest-limiter",
    "vitest-4",
    {
        "package.json": manifest("vitest run", "vitest", type="module"),
        "tsconfig.json": "{}\n",
        "src/limiter.ts": """export class Limiter {
  private calls: number[] = [];

  constructor(
    private readonly most: number,
    private readonly window: number,
    private readonly now: () => number = Date.now,
  ) {}

  allow(): boolean {
    const now = this.now();
    this.calls = this.calls.filter((time) => now - time > this.window);
    if (this.calls.length >= this.most) {
      return false;
    }
    this.calls.push(now);
    return true;
  }

  get left(): number {
    return Math.max(0, this.most - this.calls.length);
  }
}
""",
        "test/limiter.test.ts": """import { beforeEach, describe, expect, it } from 'vitest';
import { Limiter } from '../src/limiter';

describe('limiter', () => {
  let time: number;
  let limiter: Limiter;

  beforeEach(() => {
    time = 0;
    limiter = new Limiter(2, 100, () => time);
  });

  it('allows the first', () => expect(limiter.allow()).toBe(true));

  it('stops the third', () => {
    limiter.allow();
    limiter.allow();
    expect(limiter.allow()).toBe(false);
    expect(limiter.left).toBe(0);
  });

  it('allows again later', () => {
    limiter.allow();
    limiter.allow();
    time = 150;
    expect(limiter.allow()).toBe(true);
  });
});
""",
    },
    "src/limiter.ts",
    "now - time > this.window",
    "now - time < this.window",
)

TREE = _project(
    "mocha-modules-flatten",
    "mocha-11",
    {
        "package.json": manifest("mocha", "mocha", type="module"),
        "src/tree.mjs": """export function flatten(node, depth = Infinity) {
  const found = [node.name];
  for (const child of node.children ?? []) {
    if (depth > 0) {
      found.push(...flatten(child, depth));
    }
  }
  return found;
}

export function height(node) {
  let highest = 0;
  for (const child of node.children ?? []) {
    highest = Math.max(highest, height(child));
  }
  return highest + 1;
}

export function find(node, name) {
  if (node.name === name) {
    return node;
  }
  for (const child of node.children ?? []) {
    const found = find(child, name);
    if (found) {
      return found;
    }
  }
  return null;
}
""",
        "test/tree.mjs": """import assert from 'node:assert/strict';
import { find, flatten, height } from '../src/tree.mjs';

const tree = { name: 'a', children: [{ name: 'b', children: [{ name: 'c' }] }, { name: 'd' }] };

describe('tree', () => {
  it('flattens all', () => assert.deepEqual(flatten(tree), ['a', 'b', 'c', 'd']));
  it('flattens to a depth', () => assert.deepEqual(flatten(tree, 1), ['a', 'b', 'd']));
  it('flattens nothing', () => assert.deepEqual(flatten(tree, 0), ['a']));
  it('knows its height', () => assert.equal(height(tree), 3));
  it('finds', () => assert.equal(find(tree, 'c').name, 'c'));
  it('does not find', () => assert.equal(find(tree, 'x'), null));
});
""",
    },
    "src/tree.mjs",
    "flatten(child, depth));",
    "flatten(child, depth - 1));",
)

ORDERS = _project(
    "jest-orders-fallthrough",
    "jest-30",
    {
        "package.json": manifest("jest", "jest"),
        "src/orders.js": """const NEXT = { new: ['paid', 'cancelled'], paid: ['sent', 'cancelled'], sent: ['done'] };

function canMove(from, to) {
  return (NEXT[from] || []).includes(to);
}

function apply(order, event) {
  let status = order.status;
  let refund = 0;
  switch (event.type) {
    case 'pay':
      status = 'paid';
      break;
    case 'send':
      status = 'sent';
    case 'cancel':
      status = 'cancelled';
      refund = order.status === 'paid' ? order.total : 0;
      break;
    case 'receive':
      status = 'done';
      break;
    default:
      throw new Error(`unknown event ${event.type}`);
  }
  if (!canMove(order.status, status)) {
    throw new Error(`${order.status} cannot become ${status}`);
  }
  return { ...order, status, refund };
}

module.exports = { apply, canMove };
""",
        "test/orders.test.js": """const { apply, canMove } = require('../src/orders');

const order = (status) => ({ status, total: 20 });

test('pay', () => expect(apply(order('new'), { type: 'pay' }).status).toBe('paid'));
test('send', () => expect(apply(order('paid'), { type: 'send' })).toMatchObject({ status: 'sent', refund: 0 }));
test('cancel a paid one', () => {
  expect(apply(order('paid'), { type: 'cancel' })).toMatchObject({ status: 'cancelled', refund: 20 });
});
test('cancel a new one', () => expect(apply(order('new'), { type: 'cancel' }).refund).toBe(0));
test('receive', () => expect(apply(order('sent'), { type: 'receive' }).status).toBe('done'));
test('what is unknown', () => expect(() => apply(order('new'), { type: 'x' })).toThrow('unknown event'));
test('what is not next', () => expect(canMove('done', 'new')).toBe(false));
""",
    },
    "src/orders.js",
    "      status = 'sent';\n    case",
    "      status = 'sent';\n      break;\n    case",
)

PROJECTS: tuple[Planted, ...] = (
    PAGES, DISCOUNT, CACHE, BOOKING, SLUG, LOADER, SETTINGS, RETRY, QUERY, SCORES, BANK, EVENTS, SHOP, LIMITER, TREE,
    ORDERS,
)  # fmt: skip
