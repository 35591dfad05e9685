//! Who hears what.
//!
//! [`plan`] decides, per channel, what an event becomes; [`Delivery`] is what one channel is owed;
//! [`Change`] is what a person may ask to be changed.

pub mod address;
pub mod change;
pub mod delivery;
pub mod nonce;
pub mod plan;
pub mod refusal;
pub mod reminders;
pub mod retry;
pub mod subscription;
pub mod view;

pub use address::{ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};
pub use change::{Change, Remains};
pub use delivery::{
    Announcement, AnnouncementId, Audience, Claim, Delivery, DeliveryId, InDoubt, Late, Mentioned, Outcome,
    Title, Told, Waiting,
};
pub use refusal::{PostError, Refusal};
pub use subscription::{Events, Mode, Paused, Services, Severity, Subscription, Venue};
