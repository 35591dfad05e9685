//! How an errand finds what an earlier try may have sent.
//!
//! Within Discord's window the nonce does it. After it the channel is read back for the message's marker; so is a forum,
//! whose posts take no nonce, before each further try. Where we may not read, it is sent again: a duplicate beats a lost
//! alert.
//!
//! Never: nobody else's message is taken for ours.

use jiff::SignedDuration;

use super::errand::{Errand, Halt};
use super::posting::Place;
use crate::alerts::plan::{Act, Saying};
use crate::alerts::retry::Verdict;
use crate::alerts::view::bad_services;
use crate::alerts::{ChannelId, Delivery, MessageId};
use crate::discord::{PostError, Refusal, Thread};

/// Within this time Discord is taken to know a nonce; it says "the past few minutes".
const NONCE_WINDOW: SignedDuration = SignedDuration::from_mins(2);
/// Room for clocks that differ, where a marker may stand twice in one outage (its end, after it went on).
pub(super) const ROOM: SignedDuration = SignedDuration::from_secs(5);
/// The same for a start, of which there is one in an outage.
const ROOM_FOR_A_START: SignedDuration = SignedDuration::from_mins(10);

/// A message of an earlier try: its id, and its thread where it is a forum's post.
pub(super) type Found = (MessageId, Option<ChannelId>);

/// How much earlier than its delivery's first try a message may stand.
pub(super) fn room(what: Saying) -> SignedDuration {
    match what {
        Saying::Start | Saying::Ongoing | Saying::WorkStart => ROOM_FOR_A_START,
        _ => ROOM,
    }
}

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
        let plan = self.plan();
        if plan.acts.iter().any(begins) {
            return Ok(());
        }
        let marker = self.voice(&self.newest, &[]).marker(Saying::Start);
        let place = self.place(Saying::Start);
        if let Some((start, thread)) = self.look_for(&place, ROOM_FOR_A_START, &marker).await? {
            self.told.start = Some(start);
            self.told.thread = thread.or(self.told.thread);
            self.told.level = self.newest.worst;
            self.told.services = bad_services(&self.newest);
            return Ok(());
        }
        // Or one message for both, where it was over for this channel alone; by now all of it is, and told with its end.
        if plan.view.until.is_some() && plan.acts.is_empty() {
            let marker = self.voice(&self.newest, &[]).marker(Saying::CameAndWent);
            if let Some((both, thread)) = self.look_for(&place, ROOM, &marker).await? {
                (self.told.start, self.told.end) = (Some(both), Some(both));
                self.told.thread = thread.or(self.told.thread);
            }
        }
        Ok(())
    }

    /// A message of an earlier try, where Discord no longer knows its nonce.
    pub(super) async fn find_lost(
        &mut self,
        place: &Place,
        room: SignedDuration,
        marker: &str,
    ) -> Result<Option<Found>, Halt> {
        let first = self.delivery.first_tried.unwrap_or_else(|| self.now());
        // Also where the clock was set back since: then nobody knows how long ago it was.
        let long_ago = self.now().duration_since(first).abs() > NONCE_WINDOW;
        // A forum knows no nonce.
        let unsure = self.delivery.attempts > 1 && (long_ago || matches!(place, Place::Forum));
        if self.preview() || !unsure || !self.looked.insert(marker.to_owned()) {
            return Ok(None);
        }
        self.look_for(place, room, marker).await
    }

    /// Looks for our own message. Where we may not read, it is sent again: a duplicate beats a lost alert.
    async fn look_for(
        &mut self,
        place: &Place,
        room: SignedDuration,
        marker: &str,
    ) -> Result<Option<Found>, Halt> {
        let first = self.delivery.first_tried.unwrap_or_else(|| self.now());
        let since = first.min(self.now()) - room;
        let Delivery { guild, channel: forum, .. } = *self.delivery;
        let discord = &self.inner.discord;
        let found = match *place {
            Place::In { channel, .. } => {
                let found = self.within_lease(discord.find_own(channel, since, marker)).await;
                found.map(|found| found.map(|message| (message, None)))
            }
            Place::Forum => {
                let found = self.within_lease(discord.find_own_post((guild, forum), since, marker)).await;
                let first = |it: Thread| it.first.unwrap_or(MessageId(it.channel.0));
                found.map(|found| found.map(|thread| (first(thread), Some(thread.channel))))
            }
        };
        match found {
            Ok(found) => Ok(found),
            Err(PostError::Never(Refusal::NoPermission { .. })) => {
                self.blind = true;
                Ok(None)
            }
            Err(error) => match self.judge(&error, true, place.is_thread_of(self.delivery.channel)) {
                Verdict::Stop(why) => Err(Halt::Stop(why)),
                Verdict::Settle(outcome) => Err(Halt::With(outcome)),
                Verdict::PostAnew | Verdict::Shorten | Verdict::LeaveThread => Ok(None),
            },
        }
    }
}
