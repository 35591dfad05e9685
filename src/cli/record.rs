//! `record FILE`: writes raw exchanges to a file until interrupted.

use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use tokio::task::JoinSet;

use super::sources::{self, SourceSet};
use super::{CliError, print, progress};
use crate::clock::Clock;
use crate::config::Config;
use crate::files;
use crate::probe::{Exchange, RecordingTransport, RecordingWriter};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Stop after this time: 10m, 1h30m
    #[arg(long = "for", value_name = "SPAN")]
    span: Option<SignedDuration>,
    /// The file; it must not exist yet
    file: PathBuf,
}

pub(super) async fn record(args: &Args, config: Config) -> Result<(), CliError> {
    let clock = Clock::system();
    let name = args.file.display().to_string();
    let file = files::create_new_private(&args.file)
        .map_err(|e| CliError::Input(format!("{name}: cannot be made: {e}")))?;
    let writer = Arc::new(Mutex::new(RecordingWriter::new(BufWriter::new(file), config.checks.timeout)));
    let written = Arc::new(Mutex::new(Ok(0_u64)));
    let SourceSet { sources, .. } = sources::build(&config, &clock, |transport| {
        let (writer, written) = (Arc::clone(&writer), Arc::clone(&written));
        Arc::new(RecordingTransport::new(transport, move |exchange: &Exchange| {
            let stored = writer.lock().unwrap_or_else(PoisonError::into_inner).add(exchange.clone());
            let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
            *written = match (stored, &*written) {
                (Ok(()), Ok(count)) => Ok(count + 1),
                (Err(e), _) => Err(e.to_string()),
                (_, Err(e)) => Err(e.clone()),
            };
        }))
    })?;
    print(&format!("recording {} sources to {name}; Ctrl-C ends it", sources.len()));
    let mut probes = JoinSet::new();
    for source in sources {
        let clock = clock.clone();
        let every = config.checks.interval.max(source.at_most_every().unwrap_or(SignedDuration::ZERO));
        probes.spawn(async move {
            loop {
                let next = clock.now() + every;
                source.probe().await;
                clock.sleep_until(next).await;
            }
        });
    }
    let count = || written.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let bar = progress::count("recorded", "exchanges");
    let ends = args.span.map(|span| clock.now() + span);
    let failed = loop {
        let beat = clock.now() + SignedDuration::from_secs(1);
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break None,
            () = clock.sleep_until(ends.map_or(beat, |end| end.min(beat))) => {}
        }
        match count() {
            Err(why) => break Some(why),
            Ok(count) => bar.set_position(count),
        }
        if ends.is_some_and(|end| clock.now() >= end) {
            break None;
        }
    };
    bar.finish_and_clear();
    probes.shutdown().await;
    let finished = writer.lock().unwrap_or_else(PoisonError::into_inner).finish();
    if let Some(why) = failed.or(finished.err().map(|e| e.to_string())) {
        return Err(CliError::Input(format!("{name}: cannot be written: {why}")));
    }
    print(&format!("{} exchanges in {name}", count().unwrap_or_default()));
    Ok(())
}
