//! Opens a store by its address.

use std::path::PathBuf;
use std::sync::Arc;

use super::{MemoryStore, Store, StoreError, StoreOptions, postgres, sled};

enum Named {
    Memory,
    Sled(PathBuf),
    Postgres,
}

fn named(address: &str) -> Result<Named, StoreError> {
    let (scheme, rest) = address.split_once(':').unwrap_or((address, ""));
    match scheme {
        "memory" if rest.is_empty() => Ok(Named::Memory),
        "sled" if !rest.is_empty() => Ok(Named::Sled(PathBuf::from(rest))),
        "postgres" | "postgresql" => Ok(Named::Postgres),
        _ => {
            // The address is not shown: it may be a password, or the token.
            Err(StoreError::Address(
                "the store's address is not understood: write \"sled:FOLDER\" to keep everything in a folder, \
                 \"postgres://USER@HOST/DATABASE\" to share it between machines, or \"memory:\" for trying things"
                    .to_owned(),
            ))
        }
    }
}

/// Checks whether an address is valid. It opens nothing and connects to nothing.
pub fn check(address: &str, options: &StoreOptions) -> Result<(), StoreError> {
    match named(address)? {
        Named::Memory | Named::Sled(_) => Ok(()),
        Named::Postgres => postgres::check(address, options),
    }
}

/// Opens the store at an address: `memory:`, `sled:PATH` or `postgres://USER@HOST/DATABASE`. A store that cannot be
/// read is left exactly as it is.
pub async fn open(address: &str, options: &StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    match named(address)? {
        Named::Memory => Ok(Arc::new(MemoryStore::with(options).open()?)),
        Named::Sled(path) => {
            let options = options.clone();
            let opening = move || Ok(Arc::new(sled::open(&path, &options)?) as Arc<dyn Store>);
            let opened = tokio::task::spawn_blocking(opening).await;
            opened.unwrap_or_else(|error| {
                Err(StoreError::Damaged(format!("{address} cannot be opened: {error}")))
            })
        }
        Named::Postgres => Ok(Arc::new(postgres::open(address, options).await?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_not_understood_is_not_shown() {
        for wrong in ["planted", "memory:planted", "mysql://bot:planted@db/x", "redis://db/planted", "sled:"]
        {
            let Err(StoreError::Address(log)) = check(wrong, &StoreOptions::default()) else {
                panic!("{wrong}")
            };
            assert!(log.contains("is not understood") && !log.contains("planted"), "{log}");
        }
    }
}
