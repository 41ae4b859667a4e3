"""Rust projects with planted faults, of the kinds real ones have: one fault each, the last ones two."""

from __future__ import annotations

from .planted import planted


def _manifest(name: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}'


PROJECTS = [
    planted(
        "tokens",
        "cargo",
        {
            "Cargo.toml": _manifest("tokens"),
            "src/lib.rs": """
                //! Splits arithmetic into tokens.

                #[derive(Debug, PartialEq, Clone)]
                pub enum Token {
                    Number(i64),
                    Word(String),
                    Sign(char),
                }

                pub fn tokens(text: &str) -> Vec<Token> {
                    let chars: Vec<char> = text.chars().collect();
                    let mut found = Vec::new();
                    let mut at = 0;
                    while at < chars.len() {
                        let c = chars[at];
                        if c.is_whitespace() {
                            at += 1;
                        } else if c.is_ascii_digit() {
                            let mut value = 0;
                            while at < chars.len() && chars[at].is_ascii_digit() {
                                value = value * 10 + chars[at].to_digit(10).unwrap() as i64;
                                at += 1;
                            }
                            found.push(Token::Number(value));
                        } else if c.is_alphabetic() {
                            let start = at;
                            while at < chars.len() && chars[at].is_alphanumeric() {
                                at += 1;
                            }
                            found.push(Token::Word(chars[start..at].iter().collect()));
                        } else {
                            found.push(Token::Sign(c));
                            at += 1;
                        }
                    }
                    found
                }

                #[cfg(test)]
                mod tests {
                    use super::*;

                    #[test]
                    fn numbers() {
                        assert_eq!(tokens("12 345"), vec![Token::Number(12), Token::Number(345)]);
                    }

                    #[test]
                    fn words_and_signs() {
                        let want = vec![Token::Word("ab1".into()), Token::Sign('+'), Token::Word("c".into())];
                        assert_eq!(tokens("ab1+c"), want);
                    }

                    #[test]
                    fn nothing() {
                        assert!(tokens("   ").is_empty());
                    }
                }
                """,
        },
        (
            "src/lib.rs",
            "value = value + chars[at].to_digit(10)",
            "value = value * 10 + chars[at].to_digit(10)",
        ),
    ),
    planted(
        "ledger",
        "cargo",
        {
            "Cargo.toml": _manifest("ledger"),
            "src/lib.rs": """
                use std::collections::BTreeMap;

                #[derive(Debug, PartialEq, Eq)]
                pub enum Refused {
                    Unknown(String),
                    Short { missing: u64 },
                }

                #[derive(Default)]
                pub struct Ledger {
                    accounts: BTreeMap<String, u64>,
                }

                impl Ledger {
                    pub fn deposit(&mut self, name: &str, amount: u64) {
                        *self.accounts.entry(name.to_string()).or_insert(0) += amount;
                    }

                    pub fn balance(&self, name: &str) -> Option<u64> {
                        self.accounts.get(name).copied()
                    }

                    pub fn transfer(&mut self, from: &str, to: &str, amount: u64) -> Result<(), Refused> {
                        let have = self.balance(from).ok_or_else(|| Refused::Unknown(from.to_string()))?;
                        if self.balance(to).is_none() {
                            return Err(Refused::Unknown(to.to_string()));
                        }
                        if have < amount {
                            return Err(Refused::Short { missing: amount - have });
                        }
                        *self.accounts.get_mut(from).unwrap() -= amount;
                        *self.accounts.get_mut(to).unwrap() += amount;
                        Ok(())
                    }

                    pub fn total(&self) -> u64 {
                        self.accounts.values().sum()
                    }
                }
                """,
            "tests/transfers.rs": """
                use ledger::{Ledger, Refused};

                fn two() -> Ledger {
                    let mut ledger = Ledger::default();
                    ledger.deposit("ann", 100);
                    ledger.deposit("bob", 20);
                    ledger
                }

                #[test]
                fn moves_money() {
                    let mut ledger = two();
                    assert_eq!(ledger.transfer("ann", "bob", 30), Ok(()));
                    assert_eq!(ledger.balance("ann"), Some(70));
                    assert_eq!(ledger.balance("bob"), Some(50));
                    assert_eq!(ledger.total(), 120);
                }

                #[test]
                fn moves_all() {
                    let mut ledger = two();
                    assert_eq!(ledger.transfer("bob", "ann", 20), Ok(()));
                    assert_eq!(ledger.balance("bob"), Some(0));
                }

                #[test]
                fn refuses() {
                    let mut ledger = two();
                    assert_eq!(ledger.transfer("bob", "ann", 21), Err(Refused::Short { missing: 1 }));
                    assert_eq!(ledger.transfer("bob", "eve", 1), Err(Refused::Unknown("eve".into())));
                    assert_eq!(ledger.total(), 120);
                }
                """,
        },
        (
            "src/lib.rs",
            "*self.accounts.get_mut(from).unwrap() += amount;\n        *self.accounts.get_mut(to)",
            "*self.accounts.get_mut(from).unwrap() -= amount;\n        *self.accounts.get_mut(to)",
        ),
    ),
    planted(
        "weather",
        "cargo",
        {
            "Cargo.toml": '[workspace]\nmembers = ["units", "report"]\nresolver = "2"\n',
            "units/Cargo.toml": _manifest("units"),
            "units/src/lib.rs": """
                //! Degrees and what they are called.

                pub fn to_fahrenheit(celsius: f64) -> f64 {
                    celsius * 9.0 / 5.0 + 32.0
                }

                pub fn to_celsius(fahrenheit: f64) -> f64 {
                    (fahrenheit - 32.0) * 5.0 / 9.0
                }

                pub fn clamp(value: f64, least: f64, most: f64) -> f64 {
                    if value < least {
                        least
                    } else if value > most {
                        most
                    } else {
                        value
                    }
                }

                #[cfg(test)]
                mod tests {
                    use super::*;

                    #[test]
                    fn boils() {
                        assert_eq!(to_fahrenheit(100.0), 212.0);
                    }

                    #[test]
                    fn freezes() {
                        assert_eq!(to_fahrenheit(0.0), 32.0);
                    }
                }
                """,
            "report/Cargo.toml": _manifest("report", '\n[dependencies]\nunits = { path = "../units" }\n'),
            "report/src/lib.rs": """
                use units::{clamp, to_celsius};

                /// One line: the mean in degrees Celsius, and a bar.
                pub fn line(name: &str, fahrenheit: &[f64]) -> String {
                    if fahrenheit.is_empty() {
                        return format!("{name}: no data");
                    }
                    let sum: f64 = fahrenheit.iter().map(|f| to_celsius(*f)).sum();
                    let mean = sum / fahrenheit.len() as f64;
                    let bar = "#".repeat(clamp(mean, 0.0, 40.0) as usize / 5);
                    format!("{name}: {mean:.1} {bar}")
                }
                """,
            "report/tests/lines.rs": """
                use report::line;

                #[test]
                fn mean_of_a_day() {
                    assert_eq!(line("Rome", &[68.0, 86.0]), "Rome: 25.0 #####");
                }

                #[test]
                fn cold() {
                    assert_eq!(line("Oslo", &[14.0]), "Oslo: -10.0 ");
                }

                #[test]
                fn nothing() {
                    assert_eq!(line("Nowhere", &[]), "Nowhere: no data");
                }
                """,
        },
        ("units/src/lib.rs", "(fahrenheit - 32.0) * 9.0 / 5.0", "(fahrenheit - 32.0) * 5.0 / 9.0"),
    ),
    planted(
        "matrix",
        "cargo",
        {
            "Cargo.toml": _manifest("matrix"),
            "src/lib.rs": """
                #[derive(Debug, Clone, PartialEq)]
                pub struct Matrix {
                    pub rows: usize,
                    pub columns: usize,
                    cells: Vec<i64>,
                }

                impl Matrix {
                    pub fn new(rows: usize, columns: usize, cells: Vec<i64>) -> Option<Matrix> {
                        if cells.len() != rows * columns {
                            return None;
                        }
                        Some(Matrix { rows, columns, cells })
                    }

                    pub fn at(&self, row: usize, column: usize) -> i64 {
                        self.cells[row * self.columns + column]
                    }

                    pub fn transposed(&self) -> Matrix {
                        let mut cells = Vec::with_capacity(self.cells.len());
                        for column in 0..self.columns {
                            for row in 0..self.rows {
                                cells.push(self.at(row, column));
                            }
                        }
                        Matrix { rows: self.columns, columns: self.rows, cells }
                    }

                    pub fn times(&self, other: &Matrix) -> Option<Matrix> {
                        if self.columns != other.rows {
                            return None;
                        }
                        let mut cells = Vec::new();
                        for row in 0..self.rows {
                            for column in 0..other.columns {
                                let mut sum = 0;
                                for k in 0..self.columns {
                                    sum += self.at(row, k) * other.at(k, column);
                                }
                                cells.push(sum);
                            }
                        }
                        Matrix::new(self.rows, other.columns, cells)
                    }
                }

                #[cfg(test)]
                mod tests {
                    use super::Matrix;

                    fn wide() -> Matrix {
                        Matrix::new(2, 3, vec![1, 2, 3, 4, 5, 6]).unwrap()
                    }

                    #[test]
                    fn transposes() {
                        assert_eq!(wide().transposed(), Matrix::new(3, 2, vec![1, 4, 2, 5, 3, 6]).unwrap());
                    }

                    #[test]
                    fn multiplies() {
                        let product = wide().times(&wide().transposed()).unwrap();
                        assert_eq!(product, Matrix::new(2, 2, vec![14, 32, 32, 77]).unwrap());
                    }

                    #[test]
                    fn does_not_fit() {
                        assert!(wide().times(&wide()).is_none());
                        assert!(Matrix::new(2, 2, vec![1]).is_none());
                    }
                }
                """,
        },
        ("src/lib.rs", "self.cells[row * self.rows + column]", "self.cells[row * self.columns + column]"),
    ),
    planted(
        "ranking",
        "cargo",
        {
            "Cargo.toml": _manifest("ranking"),
            "src/lib.rs": """
                mod player;

                pub use player::Player;

                /// The best `count` players: most points first, then by name.
                pub fn best(players: &[Player], count: usize) -> Vec<String> {
                    let mut sorted: Vec<&Player> = players.iter().collect();
                    sorted.sort_by(|a, b| b.points().cmp(&a.points()).then(a.name.cmp(&b.name)));
                    sorted.iter().take(count).map(|p| p.name.clone()).collect()
                }
                """,
            "src/player.rs": """
                #[derive(Debug, Clone)]
                pub struct Player {
                    pub name: String,
                    won: u32,
                    drawn: u32,
                }

                impl Player {
                    pub fn new(name: &str, won: u32, drawn: u32) -> Self {
                        Player { name: name.to_string(), won, drawn }
                    }

                    /// Three for a win, one for a draw.
                    pub fn points(&self) -> u32 {
                        self.won * 3 + self.drawn
                    }
                }
                """,
            "tests/table.rs": """
                use ranking::{best, Player};

                fn players() -> Vec<Player> {
                    vec![Player::new("zoe", 2, 0), Player::new("ann", 1, 3), Player::new("bob", 3, 1)]
                }

                #[test]
                fn leader() {
                    assert_eq!(best(&players(), 1), ["bob"]);
                }

                #[test]
                fn equal_points_by_name() {
                    assert_eq!(best(&players(), 3), ["bob", "ann", "zoe"]);
                }

                #[test]
                fn nobody() {
                    assert!(best(&[], 3).is_empty());
                }
                """,
        },
        ("src/lib.rs", "a.points().cmp(&b.points())", "b.points().cmp(&a.points())"),
    ),
    planted(
        "samples",
        "cargo",
        {
            "Cargo.toml": _manifest("samples"),
            "src/lib.rs": """
                /// Mean of the values.
                pub fn mean(values: &[i32]) -> Option<f64> {
                    if values.is_empty() {
                        return None;
                    }
                    let sum: i32 = values.iter().sum();
                    Some(sum as f64 / values.len() as f64)
                }

                /// The longest run of equal neighbours: the value and how often it stands.
                pub fn longest_run(values: &[i32]) -> Option<(i32, usize)> {
                    if values.is_empty() {
                        return None;
                    }
                    let mut best = (values[0], 1);
                    let mut count = 1;
                    for i in 1..values.len() {
                        if values[i] == values[i - 1] {
                            count += 1;
                        } else {
                            count = 1;
                        }
                        if count > best.1 {
                            best = (values[i], count);
                        }
                    }
                    Some(best)
                }

                #[cfg(test)]
                mod tests {
                    use super::*;

                    #[test]
                    fn means() {
                        assert_eq!(mean(&[1, 2, 6]), Some(3.0));
                        assert_eq!(mean(&[]), None);
                    }

                    #[test]
                    fn runs() {
                        assert_eq!(longest_run(&[1, 2, 2, 3, 3, 3, 1]), Some((3, 3)));
                        assert_eq!(longest_run(&[7]), Some((7, 1)));
                    }

                    #[test]
                    fn no_run() {
                        assert_eq!(longest_run(&[]), None);
                    }
                }
                """,
        },
        (
            "src/lib.rs",
            "(i32, usize)> {\n    let mut best",
            "(i32, usize)> {\n    if values.is_empty() {\n        return None;\n    }\n    let mut best",
        ),
    ),
    planted(
        "lights",
        "cargo",
        {
            "Cargo.toml": _manifest("lights"),
            "src/lib.rs": """
                #[derive(Debug, Clone, Copy, PartialEq, Eq)]
                pub enum Light {
                    Red,
                    RedAmber,
                    Green,
                    Amber,
                }

                impl Light {
                    pub fn next(self) -> Light {
                        match self {
                            Light::Red => Light::RedAmber,
                            Light::RedAmber => Light::Green,
                            Light::Green => Light::Amber,
                            Light::Amber => Light::Red,
                        }
                    }

                    pub fn seconds(self) -> u32 {
                        match self {
                            Light::Red => 30,
                            Light::Green => 25,
                            _ => 3,
                        }
                    }
                }

                /// What shows after so many seconds, red first.
                pub fn after(mut seconds: u32) -> Light {
                    let mut light = Light::Red;
                    while seconds >= light.seconds() {
                        seconds -= light.seconds();
                        light = light.next();
                    }
                    light
                }
                """,
            "tests/cycle.rs": """
                use lights::{after, Light};

                #[test]
                fn cycle() {
                    let mut light = Light::Red;
                    for want in [Light::RedAmber, Light::Green, Light::Amber, Light::Red] {
                        light = light.next();
                        assert_eq!(light, want);
                    }
                }

                #[test]
                fn later() {
                    assert_eq!(after(0), Light::Red);
                    assert_eq!(after(30), Light::RedAmber);
                    assert_eq!(after(33), Light::Green);
                    assert_eq!(after(58), Light::Amber);
                    assert_eq!(after(61), Light::Red);
                }

                #[test]
                fn times() {
                    assert_eq!(Light::Amber.seconds(), 3);
                }
                """,
        },
        ("src/lib.rs", "Light::Green => Light::Red,", "Light::Green => Light::Amber,"),
    ),
    planted(
        "buckets",
        "cargo",
        {
            "Cargo.toml": _manifest("buckets"),
            "src/lib.rs": """
                /// Lets so many calls through in a window of ticks.
                pub struct Limiter {
                    limit: u32,
                    window: u64,
                    started: u64,
                    used: u32,
                }

                impl Limiter {
                    pub fn new(limit: u32, window: u64) -> Self {
                        Limiter { limit, window, started: 0, used: 0 }
                    }

                    pub fn allow(&mut self, now: u64) -> bool {
                        if now - self.started >= self.window {
                            self.started = now;
                            self.used = 0;
                        }
                        if self.used >= self.limit {
                            return false;
                        }
                        self.used += 1;
                        true
                    }

                    pub fn left(&self) -> u32 {
                        self.limit - self.used
                    }
                }

                #[cfg(test)]
                mod tests {
                    use super::Limiter;

                    #[test]
                    fn limits() {
                        let mut limiter = Limiter::new(2, 10);
                        assert!(limiter.allow(1));
                        assert!(limiter.allow(2));
                        assert!(!limiter.allow(3));
                        assert_eq!(limiter.left(), 0);
                    }

                    #[test]
                    fn next_window() {
                        let mut limiter = Limiter::new(1, 10);
                        assert!(limiter.allow(0));
                        assert!(!limiter.allow(9));
                        assert!(limiter.allow(10));
                        assert!(!limiter.allow(11));
                        assert!(limiter.allow(20));
                    }
                }
                """,
        },
        (
            "src/lib.rs",
            "            self.started = now;\n        }",
            "            self.started = now;\n            self.used = 0;\n        }",
        ),
    ),
    planted(
        "roman",
        "cargo",
        {
            "Cargo.toml": _manifest("roman"),
            "src/lib.rs": """
                const SIGNS: [(u32, &str); 13] = [
                    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
                    (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
                ];

                pub fn to_roman(mut number: u32) -> String {
                    let mut text = String::new();
                    for (value, sign) in SIGNS {
                        while number >= value {
                            text.push_str(sign);
                            number -= value;
                        }
                    }
                    text
                }

                fn value(sign: char) -> Option<u32> {
                    SIGNS.iter().find(|(_, s)| s.len() == 1 && s.starts_with(sign)).map(|(v, _)| *v)
                }

                pub fn from_roman(text: &str) -> Option<u32> {
                    let mut total = 0;
                    let mut before = 0;
                    for sign in text.chars().rev() {
                        let this = value(sign)?;
                        if this < before {
                            total -= this;
                        } else {
                            total += this;
                            before = this;
                        }
                    }
                    Some(total)
                }

                #[cfg(test)]
                mod tests {
                    use super::*;

                    #[test]
                    fn writes_small() {
                        assert_eq!(to_roman(3), "III");
                        assert_eq!(to_roman(4), "IV");
                    }

                    #[test]
                    fn writes_large() {
                        assert_eq!(to_roman(1994), "MCMXCIV");
                    }

                    #[test]
                    fn reads() {
                        assert_eq!(from_roman("III"), Some(3));
                        assert_eq!(from_roman("MCMXCIV"), Some(1994));
                    }

                    #[test]
                    fn refuses() {
                        assert_eq!(from_roman("Q"), None);
                    }
                }
                """,
        },
        ("src/lib.rs", "while number > value {", "while number >= value {"),
        ("src/lib.rs", "if this > before {", "if this < before {"),
    ),
    planted(
        "library",
        "cargo",
        {
            "Cargo.toml": _manifest("library"),
            "src/lib.rs": """
                pub mod fines;
                pub mod shelf;
                """,
            "src/fines.rs": """
                /// Cents for a book that comes back late: ten a day after three free days, at most five hundred.
                pub fn fine(days_late: u32) -> u32 {
                    if days_late <= 3 {
                        return 0;
                    }
                    let fine = (days_late - 3) * 10;
                    fine.min(500)
                }
                """,
            "src/shelf.rs": """
                use std::collections::HashMap;

                #[derive(Default)]
                pub struct Shelf {
                    copies: HashMap<String, u32>,
                    lent: HashMap<String, u32>,
                }

                impl Shelf {
                    pub fn add(&mut self, title: &str) {
                        *self.copies.entry(title.to_string()).or_insert(0) += 1;
                    }

                    pub fn available(&self, title: &str) -> u32 {
                        let all = self.copies.get(title).copied().unwrap_or(0);
                        let lent = self.lent.get(title).copied().unwrap_or(0);
                        all - lent
                    }

                    pub fn lend(&mut self, title: &str) -> bool {
                        if self.available(title) == 0 {
                            return false;
                        }
                        *self.lent.entry(title.to_string()).or_insert(0) += 1;
                        true
                    }
                }
                """,
            "tests/fines.rs": """
                use library::fines::fine;

                #[test]
                fn free_days() {
                    assert_eq!(fine(0), 0);
                    assert_eq!(fine(3), 0);
                }

                #[test]
                fn by_day() {
                    assert_eq!(fine(5), 20);
                }

                #[test]
                fn at_most() {
                    assert_eq!(fine(400), 500);
                }
                """,
            "tests/shelf.rs": """
                use library::shelf::Shelf;

                #[test]
                fn lends_what_is_there() {
                    let mut shelf = Shelf::default();
                    shelf.add("Emma");
                    shelf.add("Emma");
                    assert_eq!(shelf.available("Emma"), 2);
                    assert!(shelf.lend("Emma"));
                    assert!(shelf.lend("Emma"));
                    assert!(!shelf.lend("Emma"));
                }

                #[test]
                fn unknown() {
                    assert!(!Shelf::default().lend("Dune"));
                }
                """,
        },
        ("src/fines.rs", "fine.max(500)", "fine.min(500)"),
        (
            "src/shelf.rs",
            "self.copies.get(title).copied().unwrap_or(1)",
            "self.copies.get(title).copied().unwrap_or(0)",
        ),
    ),
]
