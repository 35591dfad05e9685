//! Healthy Upstream: is Spotify down, or is it me? A Discord bot that answers it.
//!
//! Data walks left to right once:
//!
//! ```text
//!  Spotify ──▶ spotify ──▶ health ──▶ alerts ──▶ store ──▶ courier ──▶ discord ──▶ Discord
//!               looks      judges     plans      keeps     tells       posts
//!                             │
//!                             └─▶ picture ──▶ commands ──▶ chat ──▶ discord
//!                                             answer       words
//! ```
//!
//! Nothing on the right ever decides anything about the left: whether Spotify is down never depends on whether a
//! message could be sent, and no message is sent before the fact that it tells is on disk.
//!
//! Never: no decision is taken in this file; it is the map.

pub mod alerts;
pub mod app;
pub mod chat;
pub mod cli;

pub mod clock;
#[path = "../commands/mod.rs"]
pub mod commands;
pub mod config;
pub mod courier;
pub mod demo;
pub mod discord;
pub mod faq;
pub mod health;
pub mod operator;
pub mod pictures;
pub mod roles;
pub mod secret;
pub mod spotify;
pub mod store;
pub mod throttle;
pub mod vitals;
pub mod watcher;
pub mod words;
