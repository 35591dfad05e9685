//! How an errand finds what an earlier try may have sent.
//!
//! Within Discord's window the nonce does it. After it the channel is read back for the message's marker; where we may
//! not read, it is sent again: a duplicate beats a lost alert.
//!
//! Never: nobody else's message is taken for ours.

use jiff::SignedDuration;

use super::errand::{Errand, Halt};
use super::posting::Place;
use super::wording;
use crate::alerts::plan::{Act, Saying};
use crate::alerts::retry::Verdict;
use crate::alerts::view::bad_services;
use crate::alerts::{ChannelId, MessageId};
use crate::discord::{PostError, Refusal};

/// Within this time Discord is taken to know a nonce; it says "the past few minutes".
const NONCE_WINDOW: SignedDuration = SignedDuration::from_mins(2);

impl Errand<'_> {
    /// An earlier try may have posted the start and died before that was stored. If the start is posted now, its nonce
    /// or its marker tells; where something else is (it is over, or milder by now), the start is looked for first.
    pub(super) async fn find_lost_start(&mut self) -> Result<(), Halt> {
        let begins = |act: &Act| match act {
            Act::Post(remark) => matches!(remark.what, Saying::Start | Saying::Ongoing),
            _ => false,
        };
        let unsure = self.delivery.attempts > 1 && !self.preview();
        if !unsure || self.told.start.is_some() || self.told.flapping.is_some() {
            return Ok(());
        }
        if self.plan().acts.iter().any(begins) {
            return Ok(());
        }
        let marker = self.voice(&self.newest, &[]).marker(Saying::Start);
        if let Some(start) = self.look_for(self.delivery.channel, &marker).await? {
            self.told.start = Some(start);
            self.told.level = self.newest.worst;
            self.told.services = bad_services(&self.newest);
        }
        Ok(())
    }

    /// A message of an earlier try, where Discord no longer knows its nonce.
    pub(super) async fn find_lost(&mut self, place: &Place, marker: &str) -> Result<Option<MessageId>, Halt> {
        let first = self.delivery.first_tried.unwrap_or_else(|| self.now());
        let unsure = self.delivery.attempts > 1 && self.now().duration_since(first) > NONCE_WINDOW;
        // A forum knows no nonce, and its posts are not messages that could be read back.
        let forum = self.delivery.attempts > 1 && matches!(place, Place::Forum);
        if self.looked || self.preview() || !(unsure || forum) {
            return Ok(None);
        }
        self.looked = true;
        match place {
            Place::In { channel, .. } => self.look_for(*channel, marker).await,
            Place::Forum => {
                self.blind = true;
                Ok(None)
            }
        }
    }

    /// Looks for our own message. Where we may not read, it is sent again: a duplicate beats a lost alert.
    pub(super) async fn look_for(
        &mut self,
        channel: ChannelId,
        marker: &str,
    ) -> Result<Option<MessageId>, Halt> {
        let since = wording::since(self.delivery.first_tried.unwrap_or_else(|| self.now()));
        let found = self.within_lease(self.inner.discord.find_own(channel, since, marker)).await;
        match found {
            Ok(found) => Ok(found),
            Err(PostError::Never(Refusal::NoPermission { .. })) => {
                self.blind = true;
                Ok(None)
            }
            Err(error) => match self.judge(&error, true, false) {
                Verdict::Stop(why) => Err(Halt::Stop(why)),
                Verdict::Settle(outcome) => Err(Halt::With(outcome)),
                Verdict::PostAnew | Verdict::Shorten | Verdict::LeaveThread => Ok(None),
            },
        }
    }
}
