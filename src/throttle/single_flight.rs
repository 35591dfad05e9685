//! Single flight: concurrent callers of the same work share one execution.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// Shares one execution among all callers at the same time.
#[derive(Debug)]
pub struct SingleFlight<T>(Mutex<Option<watch::Receiver<Option<T>>>>);

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

enum Part<T> {
    Lead(watch::Sender<Option<T>>),
    Follow(watch::Receiver<Option<T>>),
}

impl<T: Clone + Send + Sync> SingleFlight<T> {
    /// Returns the result of `work`, or of the execution that is already under way. If that one is cancelled, the next caller
    /// runs `work`.
    pub async fn share<F: Future<Output = T>>(&self, work: impl Fn() -> F) -> T {
        loop {
            match self.part() {
                Part::Lead(sender) => {
                    let done = work().await;
                    // Callers from now on do not get this result: they want a new check.
                    *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    sender.send_replace(Some(done.clone()));
                    return done;
                }
                Part::Follow(mut receiver) => {
                    // On an error, the execution was dropped before it was done.
                    if let Ok(done) = receiver.wait_for(Option::is_some).await
                        && let Some(done) = done.as_ref()
                    {
                        return done.clone();
                    }
                }
            }
        }
    }

    fn part(&self) -> Part<T> {
        let mut flight = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = flight.as_ref().filter(|receiver| receiver.has_changed().is_ok()) {
            return Part::Follow(receiver.clone());
        }
        let (sender, receiver) = watch::channel(None);
        *flight = Some(receiver);
        Part::Lead(sender)
    }
}
