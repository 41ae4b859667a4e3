//! Patterns with `*` and `?`.
//!
//! ```
//! use glob_lite::Pattern;
//!
//! assert!(Pattern::new("*.rs").matches("lib.rs"));
//! ```

mod matcher;

/// A pattern, ready to be used.
pub struct Pattern {
    chars: Vec<char>,
}

impl Pattern {
    /// Every text is a pattern.
    ///
    /// ```
    /// assert!(glob_lite::Pattern::new("").matches(""));
    /// ```
    pub fn new(text: &str) -> Self {
        Pattern { chars: text.chars().collect() }
    }

    /// Whether the whole of `name` fits.
    ///
    /// ```
    /// let pattern = glob_lite::Pattern::new("?at");
    /// assert!(pattern.matches("cat"));
    /// assert!(!pattern.matches("at"));
    /// ```
    ///
    /// ```should_panic
    /// assert!(glob_lite::Pattern::new("a").matches("b"));
    /// ```
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        matcher::fits(&self.chars, &name)
    }
}
