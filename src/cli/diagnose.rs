//! `diagnose [FILE]`: explains an error or a log.

use std::path::PathBuf;

use serde_json::json;

use super::{CliError, ask, faq, terminal};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The file; without it, or with "-", standard input is read
    file: Option<PathBuf>,
}

pub(super) fn explain(args: &Args, config: &Config) -> Result<(), CliError> {
    let faq = faq::faq(config)?;
    let pasted = match &args.file {
        Some(path) if path.as_os_str() != "-" => {
            let name = path.display().to_string();
            let file = std::fs::File::open(path)
                .map_err(|e| CliError::Input(format!("{name}: cannot be read: {e}")))?;
            faq::read_capped(file, &name)?
        }
        _ => faq::read_standard_input()?,
    };
    if args.json {
        let found = faq.diagnose(&pasted);
        let findings: Vec<_> = found
            .findings
            .iter()
            .map(|f| json!({"entry": f.entry.id, "topic": f.topic(), "matched": f.matched, "line": f.line}))
            .collect();
        let verdict = found.verdict.id();
        super::print(
            &json!({"verdict": verdict, "findings": findings, "secrets": found.secrets.len()}).to_string(),
        );
        return Ok(());
    }
    let reply = ask::in_terminal(&faq, config, "diagnose", &[("error", &pasted)])?;
    super::print(&terminal::show(&reply.message, ask::now()));
    Ok(())
}
