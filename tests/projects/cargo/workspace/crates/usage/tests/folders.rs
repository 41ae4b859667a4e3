use usage::{by_folder, Size};

#[test]
fn sizes_are_summed_up() {
    let found = by_folder([("a/x", 1), ("a/y", 2), ("b/z", 9)]);
    assert_eq!(found, [("b".to_string(), Size(9)), ("a".to_string(), Size(3))]);
}

#[test]
fn files_without_a_folder() {
    assert_eq!(by_folder([("x", 7)]), [(".".to_string(), Size(7))]);
}

#[test]
fn nothing() -> Result<(), String> {
    by_folder([]).is_empty().then_some(()).ok_or_else(|| "something".into())
}
