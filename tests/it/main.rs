//! One binary of stories: what people see, on owned time.

#![allow(clippy::needless_raw_string_hashes, reason = "expect_test writes its snapshots with hashes")]

mod faq;
mod faq_secrets;
mod judging;
mod judging_page;
mod looker;
mod store_contract;
