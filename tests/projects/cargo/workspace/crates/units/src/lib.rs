//! Sizes with their units.

use std::fmt;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        if unit == 0 {
            write!(f, "{} B", self.0)
        } else {
            write!(f, "{:.1} {}", value, UNITS[unit])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ones_have_no_fraction() {
        assert_eq!(Size(1023).to_string(), "1023 B");
    }

    #[test]
    fn middle_ones_have() {
        assert_eq!(Size(1536).to_string(), "1.5 KiB");
    }

    #[test]
    fn the_last_unit_takes_the_rest() {
        assert_eq!(Size(5 << 40).to_string(), "5120.0 GiB");
    }

    #[test]
    #[ignore = "decimal units are not decided"]
    fn decimal() {
        assert_eq!(Size(1000).to_string(), "1 kB");
    }
}
