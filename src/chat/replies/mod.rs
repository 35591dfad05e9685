//! The answers to commands: takes snapshots, entries and settings, returns messages.

pub mod about;
pub mod diagnose;
pub mod faq;
pub mod notes;
pub mod outages;
pub mod settings;
pub mod status;
pub mod subscriptions;
pub mod uptime;
