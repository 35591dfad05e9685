//! The command line: arguments, logging, exit code; no logic.
fn main() {}
