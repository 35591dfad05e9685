//! Writes the order file, `src/order.txt`, anew from a trace of a running bot. Linux only; it takes valgrind and `nm`.
//!
//! To do after much has changed in what a running bot executes:
//!
//! 1. Build a program with its names and without the order: functions of the section `.text.run` are not counted by
//!    callgrind.
//!
//!    ```sh
//!    sed -i '/^$/q' src/order.txt # cuts it to its head
//!    cargo build --release --config profile.release.strip=false
//!    cp target/release/healthy-upstream target/traced # a bench builds the program anew, and without names
//!    ```
//!
//! 2. Trace it. This script, executable and named in `HEALTHY_UPSTREAM_PROGRAM` with its whole path, stands in for the
//!    program under `cargo bench --bench discord`; of the paths in it too each must be whole.
//!
//!    ```sh
//!    #!/bin/sh
//!    exec valgrind --tool=callgrind --dump-instr=yes --compress-pos=no --demangle=no --callgrind-out-file=/…/trace /…/target/traced "$@"
//!    ```
//!
//!    As soon as the bench has printed the line "after the bursts", `callgrind_control -d` writes what was executed until
//!    then to the file `trace.1`. The bench may be stopped.
//!
//! 3. Find the beginnings. Not straight into `src/order.txt`: the shell would empty it before its head is read.
//!
//!    ```sh
//!    cargo bench --bench order -- target/traced /…/trace.1 > target/order.txt
//!    mv target/order.txt src/order.txt
//!    ```
//!
//! A beginning is a line of the file; names fall into a tree, piece by piece, and each branch is either listed, or looked
//! into, or left out, whichever is cheapest.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

/// What a line costs, in bytes. With lines for nothing the file would name every function by itself; at this price it
/// has some 900 lines, and functions that are only listed because they are named like executed ones are two fifths of
/// what is linked side by side.
const LINE: u64 = 800;
/// What an executed function costs that is left out, in bytes. The kernel maps 64 KB around a touch, and such a function
/// costs most of that: rarely is there another beside it.
const LEFT_OUT: u64 = 40_000;

/// The file that is written: its head is kept.
const ORDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/order.txt");

/// After these a name may be cut: where a module, a type or a trait ends, or what is in brackets begins.
const CUTS: [&str; 5] = ["::", "<", ">", " as ", " for "];
/// The compiler's words for signs, as build.rs writes them. A sign that it does not know stays a word: that fits.
const SIGNS: [(&str, char); 14] = [
    ("LT", '<'),
    ("GT", '>'),
    ("RF", '&'),
    ("BP", '*'),
    ("LP", '('),
    ("RP", ')'),
    ("C", ','),
    ("u20", ' '),
    ("u5b", '['),
    ("u5d", ']'),
    ("u7b", '{'),
    ("u7d", '}'),
    ("u3b", ';'),
    ("u2b", '+'),
];

/// A function of the program, as the linker placed it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Symbol {
    start: u64,
    size: u64,
    mangled: String,
}

/// All functions of one name: those of a generic function differ in their hashes only.
#[derive(Default)]
struct Functions {
    /// Bytes of those that were not executed.
    cold: u64,
    /// Bytes of those that were.
    hot: u64,
    /// How many were.
    executed: u64,
}

/// A name in its pieces, and what bears it.
type Branch = (Vec<String>, Functions);

/// What to do about a branch of the tree.
#[derive(Default)]
struct Choice {
    cost: u64,
    lines: Vec<String>,
    /// Bytes that are listed though they were not executed.
    cold: u64,
    /// Executed functions that no line fits.
    left_out: u64,
}

fn main() -> ExitCode {
    // Cargo says so to every bench.
    let asked: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [program, trace] = asked.as_slice() else {
        println!(
            "usage: cargo bench --bench order -- PROGRAM TRACE > target/order.txt (benches/order.rs says more)"
        );
        return ExitCode::SUCCESS;
    };
    match order(Path::new(program), trace) {
        Ok(order) => {
            print!("{order}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("order: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The whole file; how good it is goes to the terminal.
fn order(program: &Path, trace: &str) -> Result<String, String> {
    let head = head()?;
    let symbols = symbols(program)?;
    let executed = executed(program, trace)?;
    let branches = tree(&symbols, &executed);
    let hot: u64 = branches.iter().map(|(_, functions)| functions.hot).sum();
    let choice = cheapest(&branches, 0);
    // Sorted, so that a change shows what came and went; no editor leaves a space at the end of a line.
    let lines: BTreeSet<&str> = choice.lines.iter().map(|line| line.trim_end()).collect();
    eprintln!(
        "{} lines list {} KB that were not executed; {} KB were, of which {} functions are left out",
        lines.len(),
        choice.cold / 1024,
        hot / 1024,
        choice.left_out
    );
    Ok(lines.into_iter().fold(head, |order, line| order + line + "\n"))
}

/// The head of the present file, with the empty line after it.
fn head() -> Result<String, String> {
    let present = fs::read_to_string(ORDER).map_err(|error| format!("{ORDER}: {error}"))?;
    let end =
        present.find("\n\n").ok_or_else(|| format!("{ORDER} has no head that ends with an empty line"))?;
    Ok(present[..end].to_owned() + "\n\n")
}

/// The program's functions, in the order of their addresses.
fn symbols(program: &Path) -> Result<Vec<Symbol>, String> {
    let shown = program.display();
    fs::metadata(program).map_err(|error| format!("{shown}: {error}"))?;
    let nm = Command::new("nm").arg("-S").arg(program).output().map_err(|error| format!("nm: {error}"))?;
    if !nm.status.success() {
        let said = String::from_utf8_lossy(&nm.stderr);
        return Err(format!("nm -S {shown} failed: {}", said.lines().next().unwrap_or("it says nothing")));
    }
    let mut symbols: Vec<_> = String::from_utf8_lossy(&nm.stdout).lines().filter_map(symbol).collect();
    if symbols.is_empty() {
        return Err(format!("{shown} names no functions; built with profile.release.strip=false?"));
    }
    symbols.sort();
    Ok(symbols)
}

/// A line of `nm`: address, size, kind and name. Functions are of kind t, or w where another may take their place.
fn symbol(line: &str) -> Option<Symbol> {
    let mut columns = line.split_ascii_whitespace();
    let mut number = || u64::from_str_radix(columns.next()?, 16).ok();
    let (start, size) = (number()?, number()?);
    let function = matches!(columns.next()?, "t" | "T" | "w" | "W");
    let mangled = columns.next()?.to_owned();
    function.then_some(Symbol { start, size, mangled })
}

/// The addresses of the program's executed instructions.
fn executed(program: &Path, trace: &str) -> Result<BTreeSet<u64>, String> {
    let written = fs::read(trace).map_err(|error| format!("{trace}: {error}"))?;
    let mut addresses = BTreeSet::new();
    let mut objects = HashMap::new();
    let mut ours = false;
    for line in String::from_utf8_lossy(&written).lines() {
        // Where a call goes may be the first mention of an object; what follows is still of the one that calls.
        if let Some(said) = line.strip_prefix("cob=") {
            is_ours(said, program, &mut objects);
        } else if let Some(said) = line.strip_prefix("ob=") {
            ours = is_ours(said, program, &mut objects);
        } else if line.starts_with(['+', '-', '*']) {
            return Err(format!("{trace} has addresses relative to others; made with --compress-pos=no?"));
        } else if let (true, Some(said)) = (ours, line.strip_prefix("0x")) {
            let digits = said.split(' ').next().unwrap_or(said);
            let address = u64::from_str_radix(digits, 16).map_err(|_| format!("{trace}: what is {line}?"))?;
            addresses.insert(address);
        }
    }
    if addresses.is_empty() {
        let program = program.display();
        return Err(format!(
            "{trace} has no instruction addresses of {program}; made with --dump-instr=yes?"
        ));
    }
    Ok(addresses)
}

/// Whether a line means the program, among all objects that it loads. The name stands after a number, `(1) /lib/libc.so.6`,
/// and the number alone is said later on. The whole path may have become another since.
fn is_ours(said: &str, program: &Path, objects: &mut HashMap<String, bool>) -> bool {
    let (number, name) = said.split_once(' ').unwrap_or((said, ""));
    if !name.is_empty() {
        objects.insert(number.to_owned(), Path::new(name.trim()).file_name() == program.file_name());
    }
    objects.get(number).copied().unwrap_or(false)
}

/// All names, sorted, so that names with a beginning in common stand side by side.
fn tree(symbols: &[Symbol], executed: &BTreeSet<u64>) -> Vec<Branch> {
    let mut tree: BTreeMap<Vec<String>, Functions> = BTreeMap::new();
    for (nth, symbol) in symbols.iter().enumerate() {
        let Some(name) = name(&symbol.mangled) else { continue };
        // Of several names for one place the last stands for all of them.
        let alias = symbols.get(nth + 1).is_some_and(|next| next.start == symbol.start);
        let place = symbol.start..symbol.start.saturating_add(symbol.size);
        let functions = tree.entry(pieces(&name)).or_default();
        if alias || executed.range(place).next().is_none() {
            functions.cold += symbol.size;
        } else {
            functions.hot += symbol.size;
            functions.executed += 1;
        }
    }
    tree.into_iter().collect()
}

/// The name that a line can begin; none of what is not Rust's, such as `main`, or an allocator's `__rustc`, which build.rs
/// does not write as the compiler does.
fn name(mangled: &str) -> Option<String> {
    match mangled.strip_prefix("_ZN") {
        Some(parts) => Some(plain(parts)),
        None => home(mangled.strip_prefix("_R")?).filter(|home| !home.starts_with("__rustc")),
    }
}

/// A name in the older way: parts, each after its length, and a hash that is another in every build.
fn plain(mut rest: &str) -> String {
    let mut parts = Vec::new();
    while let Some((part, behind)) = part(rest) {
        parts.push(part);
        rest = behind;
    }
    parts.pop_if(|last| is_hash(last));
    parts.into_iter().map(unescaped).collect::<Vec<_>>().join("::")
}

/// A part of a name, and what comes behind it.
fn part(rest: &str) -> Option<(&str, &str)> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (length, behind) = rest.split_at(digits);
    behind.split_at_checked(length.parse().ok()?)
}

fn is_hash(part: &str) -> bool {
    part.len() == 17
        && part.strip_prefix('h').is_some_and(|hash| hash.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// A part of a name with signs for the compiler's words.
fn unescaped(part: &str) -> String {
    let mut signs = String::new();
    let mut rest = part;
    while let Some((before, behind)) = rest.split_once('$') {
        let Some((word, behind)) = behind.split_once('$') else { break };
        signs.push_str(before);
        match SIGNS.iter().find(|(known, _)| *known == word) {
            Some((_, sign)) => signs.push(*sign),
            None => signs.extend(["$", word, "$"]),
        }
        rest = behind;
    }
    signs.push_str(rest);
    let bare = signs.strip_prefix('_').filter(|bare| bare.starts_with(['<', '{']));
    bare.unwrap_or(&signs).replace("..", "::")
}

/// Where a function of the standard library is at home: of a name in the newer way, which says types in letters, the
/// first path. It ends in `::`, because what is at home there bears names that go on from it.
fn home(mangled: &str) -> Option<String> {
    mangled.match_indices('C').find_map(|(at, _)| {
        let mut rest = after_hash(&mangled[at + 1..]);
        let mut home = String::new();
        // A part of no length is a closure: it belongs to its function.
        while let Some((part, behind)) = part_of_home(rest).filter(|(part, _)| !part.is_empty()) {
            home.push_str(part);
            home.push_str("::");
            rest = behind;
        }
        home.starts_with(|first: char| first == '_' || first.is_ascii_lowercase()).then_some(home)
    })
}

/// Such a name's part has a `_` after its length where it begins with a digit or with another `_`.
fn part_of_home(rest: &str) -> Option<(&str, &str)> {
    let rest = after_hash(rest);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (length, behind) = rest.split_at(digits);
    let length = length.parse().ok()?;
    behind.strip_prefix('_').unwrap_or(behind).split_at_checked(length)
}

/// Without what tells apart crates or parts of one name, `s…_`.
fn after_hash(rest: &str) -> &str {
    let hash = rest.strip_prefix('s').and_then(|hash| hash.split_once('_'));
    hash.filter(|(hash, _)| hash.bytes().all(|sign| sign.is_ascii_alphanumeric()))
        .map_or(rest, |(_, behind)| behind)
}

/// A name cut into the pieces by which beginnings grow.
fn pieces(name: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for sign in name.chars() {
        piece.push(sign);
        if CUTS.iter().any(|cut| piece.ends_with(cut)) {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces.extend(Some(piece).filter(|last| !last.is_empty()));
    pieces
}

/// What is cheapest for names that have their first pieces in common, this many.
fn cheapest(names: &[Branch], common: usize) -> Choice {
    let executed: u64 = names.iter().map(|(_, functions)| functions.executed).sum();
    let Some((first, _)) = names.first().filter(|_| executed > 0) else { return Choice::default() };
    let mut best = Choice { cost: executed * LEFT_OUT, left_out: executed, ..Choice::default() };
    let cold: u64 = names.iter().map(|(_, functions)| functions.cold).sum();
    if common > 0 && LINE + cold < best.cost {
        best = Choice { cost: LINE + cold, lines: vec![first[..common].concat()], cold, left_out: 0 };
    }
    if names.iter().any(|(pieces, _)| pieces.len() > common) {
        let looked_into = looked_into(names, common);
        if looked_into.cost < best.cost {
            best = looked_into;
        }
    }
    best
}

/// What is cheapest for each branch by itself.
fn looked_into(names: &[Branch], common: usize) -> Choice {
    let mut whole = Choice::default();
    for branch in names.chunk_by(|(one, _), (other, _)| one.get(common) == other.get(common)) {
        let choice = match branch {
            // A name that ends here cannot be listed alone: its line would list all the branches too.
            [(pieces, functions)] if pieces.len() == common => Choice {
                cost: functions.executed * LEFT_OUT,
                left_out: functions.executed,
                ..Choice::default()
            },
            _ => cheapest(branch, common + 1),
        };
        whole.cost += choice.cost;
        whole.lines.extend(choice.lines);
        whole.cold += choice.cold;
        whole.left_out += choice.left_out;
    }
    whole
}
