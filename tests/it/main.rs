//! One binary of stories: what people see, on owned time.

#![allow(clippy::needless_raw_string_hashes, reason = "expect_test writes its snapshots with hashes")]

mod announcements;
mod backtest;
mod deliveries;
mod delivery_faults;
mod discord_wire;
mod faq;
mod faq_diagnose;
mod faq_measure;
mod faq_secrets;
mod judging;
mod judging_laws;
mod judging_page;
mod looker;
mod loopback;
mod misbehaving;
mod newsroom;
mod openapi;
mod rehearsal;
mod scene;
mod spotify_looks;
mod spotify_wire;
mod store_contract;
mod store_dump;
mod store_model;
mod store_sled;
mod throttling;
