use std::io::Write;
use std::process::Command;

#[test]
fn equality() {
    assert_eq!(contract::add(3, 0), 3);
}

#[test]
fn noise() {
    let lie = "\n{ \"type\": \"test\", \"name\": \"lie\", \"event\": \"ok\" }\ntest lie ... ok\n";
    let mut out = std::io::stdout();
    out.write_all(lie.as_bytes()).unwrap();
    out.write_all(b"\xff\xfe\x00\x1b[31m\x1b[2J\n").unwrap();
    out.write_all("y".repeat(1_000_000).as_bytes()).unwrap();
    panic!("n\x1b[8mhidden\x00 {}", "z".repeat(1_000_000));
}

#[test]
fn leaves_a_process() {
    let folder = std::env::current_dir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 3600; true"]).arg(folder);
    command.spawn().unwrap();
}
