use glob_lite::Pattern;

/// The lines of the input that fit the first argument.
fn main() {
    let pattern = Pattern::new(&std::env::args().nth(1).unwrap_or_default());
    for line in std::io::stdin().lines().map_while(Result::ok).filter(|line| pattern.matches(line)) {
        println!("{line}");
    }
}
