use glob_lite::Pattern;

fn kept<'a>(pattern: &str, names: &[&'a str]) -> Vec<&'a str> {
    let pattern = Pattern::new(pattern);
    names.iter().copied().filter(|name| pattern.matches(name)).collect()
}

#[test]
fn files_of_a_kind() {
    assert_eq!(kept("*.rs", &["lib.rs", "rs", "a.rs.bak"]), ["lib.rs"]);
}

#[test]
fn numbered_files() {
    assert_eq!(kept("part-??.txt", &["part-01.txt", "part-1.txt"]), ["part-01.txt"]);
}

#[test]
fn other_alphabets() {
    assert_eq!(kept("*ß?", &["groß!", "maß"]), ["groß!"]);
}
