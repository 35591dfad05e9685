//! The handbook, as people meet it.

use healthy_upstream::faq::Handbook;

#[test]
fn the_built_in_handbook_has_no_mistake() {
    let errors = Handbook::read(Handbook::builtin_files()).err().unwrap_or_default();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}
