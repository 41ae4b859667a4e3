/// Adds.
///
/// ```
/// assert_eq!(contract::add(1, 2), 3);
/// ```
///
/// ```
/// assert_eq!(contract::add(2, 0), 2);
/// ```
pub fn add(a: i32, b: i32) -> i32 {
    a - b
}

#[cfg(test)]
mod tests {
    use super::add;

    #[test]
    fn equality() {
        assert_eq!(add(1, 2), 3);
    }

    #[test]
    fn equality_of_nothing() {
        assert_eq!(add(0, 0), 0);
    }

    #[test]
    fn r#match() {
        panic!("no");
    }

    #[test]
    fn größe() {
        panic!("no");
    }

    #[test]
    #[ignore = "not now"]
    fn skipped() {}

    #[test]
    #[should_panic(expected = "known")]
    fn expected_failure() {
        panic!("known");
    }

    mod deeper {
        #[test]
        fn equality() {}

        #[test]
        fn größe() {}
    }
}
