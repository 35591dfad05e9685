//! Who is notified of what.
//!
//! [`plan`] decides what an event becomes in a channel. [`Delivery`] is one announcement for one channel.
//! [`SubscriptionEdit`] is a change that a user may request.

pub mod delivery;
pub mod edit;
pub mod error;
pub mod nonce;
pub mod plan;
pub mod reason;
pub mod reminders;
pub mod retry;
pub mod scope;
pub mod subscription;

pub use delivery::{
    Announcement, AnnouncementId, Audience, Claim, Delay, Delivery, DeliveryId, DeliveryOutcome, InDoubt,
    MentionProgress, NotificationLogEntry, RecoverySubscriber, Title,
};
pub use edit::{Remains, SubscriptionEdit};
pub use error::DiscordError;
pub use reason::{PermanentReason, Reason};
pub use subscription::{
    ChannelKind, EventFilter, ServiceFilter, Severity, Subscription, Suspension, UpdateMode,
};
