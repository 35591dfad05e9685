//! For whoever runs the bot: is it alive, is it ready, what does it count.
//!
//! Never: nothing here changes anything, and nothing is served unless an address is configured.

pub mod http;
