//! Reads what people paste: on threads that serve nobody else, and bounded.
//!
//! Invariant: one paste of a user is read at a time, [`AT_ONCE`] in all, and none for longer than [`DEADLINE`]. A paste that
//! is given up frees its thread, because its fuel is cut off.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::ids::UserId;

/// Pastes that are read at once: a paste of 1 MiB takes some 30 MiB while it is read, and the unit has 256 MiB.
const AT_ONCE: usize = 2;
/// How long reading one paste may take. The worst 1 MiB that we know takes a fraction of it.
const DEADLINE: SignedDuration = SignedDuration::from_secs(1);

pub(super) struct PasteAdmission {
    all: Arc<Semaphore>,
    by_person: Mutex<HashMap<u64, Arc<Semaphore>>>,
}

impl Default for PasteAdmission {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), by_person: Mutex::default() }
    }
}

/// Cuts off the fuel when it is dropped: at the deadline, or when nobody waits for the answer any longer.
struct CutOff(Arc<AtomicBool>);

impl Drop for CutOff {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl PasteAdmission {
    /// Runs the work when it is this user's turn. Returns `None` if it takes too long. `switch` is that of the work's fuel.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        clock: &Clock,
        person: UserId,
        switch: Arc<AtomicBool>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turn = self.turn(person).acquire_owned().await.ok()?;
        let slot = Arc::clone(&self.all).acquire_owned().await.ok()?;
        let _cut_off = CutOff(switch);
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, slot));
            done
        });
        match clock.timeout(DEADLINE, working).await? {
            Ok(done) => Some(done),
            Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
            Err(_) => None,
        }
    }

    /// Returns the semaphore at which the pastes of one user queue.
    fn turn(&self, person: UserId) -> Arc<Semaphore> {
        let mut people = self.by_person.lock().unwrap_or_else(PoisonError::into_inner);
        people.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(people.entry(person.0).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::faq::fuel::Fuel;

    /// Work that ends only when its fuel is cut off, and reports that.
    fn endless(mut fuel: Fuel, ended: mpsc::Sender<()>) -> impl FnOnce() + Send {
        move || {
            while fuel.spend(1).is_ok() {
                std::hint::spin_loop();
            }
            drop(ended);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_past_its_deadline_is_abandoned_and_its_thread_stops() {
        let (reading, clock) = (PasteAdmission::default(), Clock::owned(Timestamp::UNIX_EPOCH));
        let (ended, wait) = mpsc::channel();
        let fuel = Fuel::endless();
        let work = reading.work(&clock, UserId(1), fuel.switch(), endless(fuel, ended));
        let (done, ()) = tokio::join!(work, async {
            tokio::task::yield_now().await;
            tokio::time::advance(Duration::from_secs(2)).await;
        });
        assert_eq!(done, None);
        wait.recv().expect_err("the dropped sender reports its end");
        // Its slot is free again.
        let all = Arc::clone(&reading.all).acquire_many_owned(2).await;
        drop(all.expect("both slots"));
        assert_eq!(reading.work(&clock, UserId(1), Arc::default(), || 7).await, Some(7));
    }

    #[tokio::test(start_paused = true)]
    async fn second_paste_waits_for_its_own_first_only() {
        let (reading, clock) = (PasteAdmission::default(), Clock::owned(Timestamp::UNIX_EPOCH));
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (go, gate) = mpsc::channel::<()>();
        let held = move || {
            begun.send(()).expect("the test waits for it");
            gate.recv().expect("the test lets it go");
            1
        };
        let first = reading.work(&clock, UserId(1), Arc::default(), held);
        let others = async {
            begins.await.expect("it began");
            let mut second = std::pin::pin!(reading.work(&clock, UserId(1), Arc::default(), || 2));
            let mut waits = |cx: &mut std::task::Context<'_>| second.as_mut().poll(cx).is_pending();
            assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(waits(cx))).await, "it waits its turn");
            assert_eq!(
                reading.work(&clock, UserId(2), Arc::default(), || 3).await,
                Some(3),
                "and nobody else"
            );
            go.send(()).expect("it is still held");
            second.await
        };
        assert_eq!(tokio::join!(first, others), (Some(1), Some(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_paste_per_user_and_two_overall_run_together() {
        let (reading, clock) = (Arc::new(PasteAdmission::default()), Clock::owned(Timestamp::UNIX_EPOCH));
        let at_work = Arc::new(Mutex::new((HashMap::<u64, usize>::new(), 0_usize, 0_usize)));
        let mut asked = tokio::task::JoinSet::new();
        for n in 0..24_u64 {
            let (reading, clock, at_work) = (Arc::clone(&reading), clock.clone(), Arc::clone(&at_work));
            asked.spawn(async move {
                let person = UserId(n % 3);
                let work = move || {
                    let mut now = at_work.lock().expect("whole");
                    let own = now.0.entry(n % 3).or_default();
                    *own += 1;
                    assert_eq!(*own, 1, "one of a person at a time");
                    now.1 += 1;
                    now.2 = now.2.max(now.1);
                    drop(now);
                    std::thread::yield_now();
                    let mut now = at_work.lock().expect("whole");
                    *now.0.entry(n % 3).or_default() -= 1;
                    now.1 -= 1;
                };
                reading.work(&clock, person, Arc::default(), work).await
            });
        }
        while let Some(done) = asked.join_next().await {
            assert_eq!(done.expect("no panic"), Some(()));
        }
        assert!(at_work.lock().expect("whole").2 <= AT_ONCE);
        drop(reading.turn(UserId(9)));
        assert_eq!(reading.by_person.lock().expect("whole").len(), 1, "finished users are removed");
    }
}
