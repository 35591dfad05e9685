//! The handbook: what people ask and paste, and the answers we stand behind.
//!
//! Never: no clock, no socket, no disk; entries come in as text.

/// The handbook.
#[derive(Debug)]
pub struct Handbook;
