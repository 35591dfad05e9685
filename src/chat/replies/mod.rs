//! What answers to commands say: pictures, entries and settings in, messages out.

pub mod about;
pub mod diagnose;
pub mod faq;
pub mod notes;
pub mod outages;
pub mod settings;
pub mod status;
pub mod subscriptions;
pub mod uptime;
