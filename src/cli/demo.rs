//! `demo`: the whole bot without a token and without a network.

use std::io::IsTerminal;

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::{CliError, print};
use crate::clock::Clock;
use crate::demo::{BEGINS, Demo, DemoError};
use crate::faq::Faq;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many times faster than real time the demo's clock runs
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=600))]
    speed: u32,
}

const INTRODUCTION: &str = "Healthy Upstream on a scripted Spotify and a simulated Discord. No token, no network.\n\
     You are a moderator of the server \"Developers\". Its clock shows UTC.\n";

const INVITATION: &str = "\nNow you. Type a command (/status, /faq question:…, /diagnose error:…, /alerts list, /outages, /about),\n\
     press a button (press Refresh), or end with Ctrl-D.";

pub(super) async fn play(args: &Args) -> Result<(), CliError> {
    // cannot fail: a test parses it
    let begins: Timestamp = BEGINS.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    print(INTRODUCTION);
    // Read before the clock starts: on a clock that runs sixty times as fast, start-up time counts sixty-fold.
    let _ = Faq::builtin().entries();
    let mut demo = Demo::start(Clock::fast(begins, args.speed)).await.map_err(|e| broken(&e))?;
    let mut out = |text: &str| print(text);
    demo.play(&mut out).await.map_err(|e| broken(&e))?;
    if std::io::stdin().is_terminal() {
        take_commands(&mut demo).await?;
    }
    demo.stop().await;
    Ok(())
}

async fn take_commands(demo: &mut Demo) -> Result<(), CliError> {
    print(INVITATION);
    let mut show = |text: &str| print(text);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line.map_err(|e| CliError::Input(format!("standard input: {e}")))?,
            // Posts that arrive in the meantime are printed at once.
            () = demo.pass(&mut show) => continue,
        };
        let Some(line) = line else { return Ok(()) };
        let line = line.trim();
        match line {
            "" => continue,
            "quit" | "exit" | "/quit" => return Ok(()),
            _ => {}
        }
        if let Err(error) = demo.does("#help", line, &mut show).await {
            print(&error.to_string());
        }
    }
}

fn broken(error: &DemoError) -> CliError {
    CliError::Input(format!("the demo failed, which is a bug: {error}"))
}
