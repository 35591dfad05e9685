//! Healthy Upstream: is Spotify down, or is it me? A Discord bot that answers it.
//!
//! `docs/ARCHITECTURE.md` has the diagram and the reasons, `docs/GLOSSARY.md` the terms. Data flows left to right once:
//!
//! ```text
//!  Spotify ──▶ probe ──▶ health ──▶ alerts ──▶ store ──▶ notifier ──▶ discord ──▶ Discord
//!              checks    detects    plans      stores    renders      sends
//!                          │
//!                          └─▶ snapshot ──▶ commands ──▶ chat ──▶ discord
//!                                           answer       i18n
//! ```
//!
//! Nothing on the right decides anything about the left. No message is sent before the fact that it reports is on disk.
//!
//! # In which order to read
//!
//! Follow one check until somebody reads about it:
//!
//! 1. [`probe`] probes a source and classifies the response: an [`Observation`](health::Observation). [`throttle`] decides when.
//! 2. [`health`] is the pure core: a [`StatusSnapshot`](health::StatusSnapshot) of each service, and an
//!    [`OutageEvent`](health::OutageEvent) when one fails, changes or recovers. Read `assessment`, `transition`, `detector`.
//! 3. [`watcher`] is the loop around the two. [`cluster`] decides which instance runs it.
//! 4. [`store`] commits the event and its announcement in one write, through the methods of [`Store`](store::Store).
//! 5. [`alerts`] decides who gets which message, and what follows from each error ([`alerts::plan`], [`alerts::retry`]): pure.
//! 6. [`notifier`] is the loop that delivers it to [`discord`], which has the gateway, requests and rate limits.
//!
//! Questions go the other way: [`discord`] receives them, [`interactions`] admits them, [`commands`] decide, [`faq`] and the snapshot
//! answer, [`chat`], [`i18n`] and [`charts`] render. [`cli`], [`config`], [`operator`] and [`metrics`] are for the operator, and
//! [`demo`] runs all of it without a network.
//!
//! Time comes from [`clock`] alone. `tests/it/architecture.rs` checks which module may use which.

pub mod alerts;
pub mod app;
pub mod charts;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod cluster;
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
pub mod interactions;
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
