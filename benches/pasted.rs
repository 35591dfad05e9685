//! How much time and memory the worst pastes take: redacts and diagnoses every shape of `tests/it/pastes.rs`.
//!
//! `cargo bench --bench pasted` prints, for each length, the slowest and the largest shapes. The bars are the deadline of 1 s
//! for one paste and the unit's 256 MiB. Time is CPU time, so that other load on the machine does not count. Each shape is read
//! in its own process, so that its peak is its own. Linux only, because of `/proc`.

use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use healthy_upstream::faq::{Faq, redact::redact};

#[path = "../tests/it/pastes.rs"]
mod pastes;

const LENGTHS: [usize; 3] = [28 << 10, 122 << 10, 1 << 20];
/// How many shapes of each length are printed, besides the ordinary ones.
const SHOWN: usize = 12;
/// The variable that names the shape to read, as `nth:length`, in a process that reads one.
const READS: &str = "PASTED_READS";

#[derive(Clone)]
struct Measured {
    name: String,
    redacting: Duration,
    diagnosing: Duration,
    /// KiB at the peak, including the program itself.
    peak: u64,
    /// KiB before the paste was read.
    before: u64,
}

fn main() {
    if let Ok(reads) = std::env::var(READS) {
        let (nth, length) = reads.split_once(':').expect("nth:length");
        read_one(nth.parse().expect("a number"), length.parse().expect("a number"));
        return;
    }
    let names: Vec<String> = pastes::shapes().into_iter().map(|(name, _)| name).collect();
    for length in LENGTHS {
        let mut all: Vec<Measured> =
            names.iter().enumerate().map(|(nth, name)| measure(name, nth, length)).collect();
        let slowest = |it: &Measured| std::cmp::Reverse(it.diagnosing);
        let largest = |it: &Measured| std::cmp::Reverse(it.peak - it.before);
        println!("\n{length} bytes; redact ms, diagnose ms, peak MiB, MiB for the paste");
        println!("ordinary:");
        show(&all, pastes::ORDINARY.len());
        all.sort_by_key(slowest);
        println!("slowest:");
        show(&all, SHOWN);
        all.sort_by_key(largest);
        println!("largest:");
        show(&all, SHOWN);
    }
}

fn show(all: &[Measured], most: usize) {
    for Measured { name, redacting, diagnosing, peak, before } in all.iter().take(most) {
        let name: String = name.chars().take(64).collect();
        let mib = |kib: u64| kib / 1024;
        let (redacting, diagnosing) = (redacting.as_millis(), diagnosing.as_millis());
        println!("{redacting:>6} {diagnosing:>6} {:>5} {:>5}  {name}", mib(*peak), mib(peak - before));
    }
}

fn measure(name: &str, nth: usize, length: usize) -> Measured {
    let own = std::env::current_exe().expect("this program has a path");
    let read = Command::new(own).env(READS, format!("{nth}:{length}")).output().expect("it runs");
    assert!(read.status.success(), "{name}: {}", String::from_utf8_lossy(&read.stderr));
    let text = String::from_utf8(read.stdout).expect("numbers");
    let numbers: Vec<u64> = text.split_whitespace().map(|it| it.parse().expect("a number")).collect();
    let [redacting, diagnosing, before, peak] = numbers[..] else { panic!("four numbers: {text}") };
    Measured {
        name: name.to_owned(),
        redacting: Duration::from_micros(redacting),
        diagnosing: Duration::from_micros(diagnosing),
        peak,
        before,
    }
}

/// Prints how many microseconds this shape takes, and the KiB of memory before and at the peak.
fn read_one(nth: usize, length: usize) {
    let (_, shape) = pastes::shapes().swap_remove(nth);
    let text = shape(length);
    let book = Faq::builtin();
    // What is built at the first use is not part of reading a paste.
    black_box(book.diagnose("503 no healthy upstream"));
    let before = memory("VmRSS");
    let begun = on_a_core();
    black_box(redact(black_box(&text)));
    let redacting = on_a_core().saturating_sub(begun);
    let begun = on_a_core();
    black_box(book.diagnose(black_box(&text)));
    let diagnosing = on_a_core().saturating_sub(begun);
    println!("{} {} {before} {}", redacting.as_micros(), diagnosing.as_micros(), memory("VmHWM").max(before));
}

/// Returns the CPU time of this thread.
fn on_a_core() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanos = spent.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanos.expect("nanoseconds"))
}

fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("it is there");
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("KiB")
}
