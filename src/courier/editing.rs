//! How an errand brings its posts up to date, and what it does where somebody deleted them.
//!
//! Never: an edit pings nobody.

use super::errand::{Errand, Halt};
use super::wording;
use crate::alerts::plan::{Remark, Saying};
use crate::alerts::retry::Verdict;
use crate::alerts::{ChannelId, MessageId, Venue};
use crate::chat::Message;
use crate::health::Outage;

impl Errand<'_> {
    pub(super) async fn edit_start(&mut self, view: &Outage) -> Result<(), Halt> {
        let Some(start) = self.told.start.or(self.told.flapping) else { return Ok(()) };
        let message = self.voice(view, &[]).current_start();
        if self.edit(start, message).await? || !view.is_open() {
            return Ok(());
        }
        // Somebody deleted it: the channel still has to be able to read how it is.
        let quiet = Remark { quiet: true, ..Remark::plain(Saying::Ongoing) };
        self.post(&quiet, view, true).await
    }

    pub(super) async fn edit_flapping(&mut self, view: &Outage) -> Result<(), Halt> {
        let Some(flapping) = self.told.flapping else { return Ok(()) };
        let message = self.voice(view, &[]).current_flapping();
        if self.edit(flapping, message).await? || !view.is_open() {
            return Ok(());
        }
        let quiet = Remark { quiet: true, ..Remark::plain(Saying::Flapping) };
        self.post(&quiet, view, true).await
    }

    /// An end that somebody deleted was read; it is not posted again.
    pub(super) async fn edit_end(&mut self, view: &Outage) -> Result<(), Halt> {
        let Some(end) = self.told.end else { return Ok(()) };
        let message = self.voice(view, &[]).current_end();
        self.edit(end, message).await.map(drop)
    }

    /// Edits a message of ours; `false` if it, or its thread, is gone.
    pub(super) async fn edit(&mut self, id: MessageId, mut message: Message) -> Result<bool, Halt> {
        let mut shortened = false;
        loop {
            let in_thread = self.home() != self.delivery.channel;
            let edited = self.inner.discord.edit(self.home(), id, &message);
            let Err(error) = self.within_lease(edited).await else {
                self.sent = true;
                return Ok(true);
            };
            match self.judge(&error, shortened, in_thread) {
                Verdict::Settle(outcome) => return Err(Halt::With(outcome)),
                Verdict::Stop(why) => return Err(Halt::Stop(why)),
                Verdict::Shorten => {
                    self.note_malformed(&error);
                    message = wording::shorten(&message);
                    shortened = true;
                }
                Verdict::PostAnew => return Ok(false),
                Verdict::LeaveThread => {
                    self.told.thread = None;
                    return Ok(false);
                }
            }
        }
    }

    /// Where the messages of this outage stand that can be edited: a forum's stand in its thread.
    pub(super) fn home(&self) -> ChannelId {
        let forum = self.subscription.venue == Venue::Forum;
        self.told.thread.filter(|_| forum).unwrap_or(self.delivery.channel)
    }
}
