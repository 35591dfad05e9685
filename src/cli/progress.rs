//! Progress: a line on standard error, which disappears when the work is done.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// Counts up to a known total: "imported [####----] 45000 of 100000 records".
pub(super) fn of(done: &'static str, all: u64, what: &str) -> ProgressBar {
    bar(Some(all), done, &format!("{{msg}} [{{bar:30}}] {{human_pos}} of {{human_len}} {what}"))
}

/// Counts without a known total: "exported 45000 records".
pub(super) fn count(done: &'static str, what: &str) -> ProgressBar {
    bar(None, done, &format!("{{msg}} {{human_pos}} {what}"))
}

/// Counts bytes of a file: "replayed [####----] 12.5 MB of 80 MB".
pub(super) fn bytes(done: &'static str, all: u64) -> ProgressBar {
    bar(Some(all), done, "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta} left")
}

fn bar(all: Option<u64>, done: &'static str, template: &str) -> ProgressBar {
    // cannot fail: a test reads the templates above
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = all.map_or_else(ProgressBar::no_length, ProgressBar::new);
    bar.with_style(style.progress_chars("#>-")).with_finish(ProgressFinish::AndClear).with_message(done)
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, ProgressDrawTarget, TermLike};

    use super::*;

    /// Returns what a terminal shows during the work, and after it.
    fn shown(bar: &ProgressBar, done: u64) -> (String, String) {
        let screen = InMemoryTerm::new(5, 100);
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(screen.clone()) as Box<dyn TermLike>));
        bar.set_position(done);
        bar.tick();
        let amid = screen.contents();
        bar.finish_using_style();
        (amid, screen.contents())
    }

    #[test]
    fn a_terminal_shows_how_far_it_is_and_then_nothing() {
        let part = "[################>-------------]"; // 16.5 of 30: no rounding decides
        for (bar, done, expected) in [
            (
                of("imported", 100_000, "records"),
                55_000,
                format!("imported {part} 55,000 of 100,000 records"),
            ),
            (count("exported", "records"), 45_000, "exported 45,000 records".to_owned()),
        ] {
            assert_eq!(shown(&bar, done), (expected, String::new()));
        }
        let (amid, after) = shown(&bytes("replayed", 80 << 20), 20 << 20);
        assert!(amid.starts_with("replayed [#######>") && amid.contains("20.00 MiB of 80.00 MiB"), "{amid}");
        assert_eq!(after, "");
    }
}
