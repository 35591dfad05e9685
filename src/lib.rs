//! Healthy Upstream: is Spotify down, or is it me? A Discord bot that answers it.
//!
//! Data walks left to right once:
//!
//! ```text
//!  Spotify ──▶ spotify ──▶ health ──▶ alerts ──▶ store ──▶ notifier ──▶ discord ──▶ Discord
//!               looks      judges     plans      keeps     tells       posts
//!                             │
//!                             └─▶ picture ──▶ commands ──▶ chat ──▶ discord
//!                                             answer       words
//! ```
//!
//! Nothing on the right ever decides anything about the left: whether Spotify is down never depends on whether a
//! message could be sent, and no message is sent before the fact that it tells is on disk.
//!
//! # In which order to read
//!
//! Follow one check until somebody has read of it:
//!
//! 1. [`probe`] asks a source and says what came: an [`Observation`](health::Observation). [`throttle`] says when it may.
//! 2. [`health`] judges: a [`StatusSnapshot`](health::StatusSnapshot) of each service, and an [`OutageEvent`](health::OutageEvent) when one
//!    breaks, changes or is back. It is the heart, and pure: `assessment`, `transition`, `detector`, in that order.
//! 3. [`watcher`] is the loop around the two; [`lease_manager`] says which instance of the bot it runs in.
//! 4. [`store`] keeps the event and what is owed for it in one write, behind the verbs of [`Store`](store::Store).
//! 5. [`alerts`] decides who hears what, in which form, and what follows from each refusal ([`alerts::plan`], [`alerts::retry`]): pure.
//! 6. [`notifier`] is the loop that brings it to [`discord`], which knows gateway, requests and limits.
//!
//! What people ask comes the other way: [`discord`] hears it, [`app`] opens the door, [`commands`] decide, [`faq`] and the picture
//! answer, [`chat`], [`i18n`] and [`charts`] say it. [`cli`], [`config`], [`operator`] and [`metrics`] are for whoever runs it, and
//! [`demo`] plays all of it without a network.
//!
//! What listens for HTTP does so behind [`listener`], and what asks over HTTP leaves through [`proxy`]. Time comes from [`clock`] alone. Who may know whom is held by a test (`tests/it/architecture.rs`).

pub mod alerts;
pub mod app;
pub mod charts;
pub mod chat;
pub mod cli;
pub mod clock;
#[path = "../commands/mod.rs"]
pub mod commands;
pub mod config;
pub mod demo;
pub mod discord;
pub mod faq;
pub mod files;
pub mod health;
pub mod i18n;
pub mod ids;
pub mod lease_manager;
pub mod listener;
pub mod metrics;
pub mod notifier;
pub mod operator;
pub mod probe;
pub mod proxy;
pub mod secret;
pub mod store;
pub mod throttle;
pub mod watcher;
