//! Why something could not be stored or read.

/// Why something could not be stored or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another instance of the bot has this store open.
    #[error("{0}")]
    InUse(String),
    /// It cannot be read, or another program wrote it. Nothing in it was changed.
    #[error("{0}")]
    Damaged(String),
    /// It was written by a newer version of this program.
    #[error("{0}")]
    TooNew(String),
    /// The disk is full or nearly full.
    #[error("{0}")]
    Full(String),
    /// It cannot be reached now; retry.
    #[error("{0}")]
    Away(String),
    /// The address of the store is invalid.
    #[error("{0}")]
    Address(String),
}
