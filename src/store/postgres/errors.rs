//! Errors of the database as an operator reads them: what happened and what to do.

use std::error::Error as _;

use tokio_postgres::error::SqlState;

use super::super::StoreError;
use super::protection::unsafe_password;

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return Self::Away(format!("the connection to the database was lost: {}", causes(&error)));
        };
        let (code, text) = (said.code(), said.message());
        if *code == SqlState::DISK_FULL {
            return Self::Full(format!("the disk of the database is full ({text}): free some space"));
        }
        if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            return Self::Away(format!(
                "the database accepts no changes ({text}): it is a standby, or set read-only; name the primary in `store`"
            ));
        }
        if *code == SqlState::INSUFFICIENT_PRIVILEGE {
            return Self::Address(format!(
                "the database denied permission ({text}): grant the bot's user \"create\" on the database, and let it own \
                 its schema"
            ));
        }
        if *code == SqlState::QUERY_CANCELED || *code == SqlState::LOCK_NOT_AVAILABLE {
            return Self::Away(format!(
                "the database took too long ({text}): it is overloaded or locked; try again"
            ));
        }
        Self::Away(format!("the database returned an error: {text} ({})", code.code()))
    }
}

/// Explains why a connection failed.
pub(super) fn cannot_connect(error: &tokio_postgres::Error, address: &str) -> StoreError {
    let Some(said) = error.as_db_error() else {
        if let Some(refused) = unsafe_password(error) {
            return StoreError::Address(format!(
                "the password of the database at {address} was not sent: {refused}. Turn TLS on there and name its authority's \
                 file with ?sslrootcert=FILE in `store`, or let the server use scram-sha-256 (password_encryption and \
                 pg_hba.conf)"
            ));
        }
        let causes = causes(error);
        if causes.contains("password") {
            return StoreError::Address(format!(
                "the database at {address} wants a password: give HEALTHY_UPSTREAM_STORE_PASSWORD or store_password_file"
            ));
        }
        if causes.contains("certificate") {
            return StoreError::Away(format!(
                "the certificate of the database at {address} is not trusted ({causes}): name its authority's file with \
                 ?sslrootcert=FILE in `store`, and its host as the certificate names it"
            ));
        }
        if causes.contains("TLS") || causes.contains("tls") {
            return StoreError::Away(format!(
                "no TLS with the database at {address} ({causes}): turn it on there, and name its authority's file with \
                 ?sslrootcert=FILE in `store`"
            ));
        }
        return StoreError::Away(format!("the database at {address} cannot be reached: {causes}"));
    };
    let text = said.message();
    match said.code() {
        code if *code == SqlState::INVALID_PASSWORD
            || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION =>
        {
            StoreError::Address(format!(
                "the database at {address} refuses the user or its password ({text}): fix `store`, \
                 HEALTHY_UPSTREAM_STORE_PASSWORD or store_password_file"
            ))
        }
        code if *code == SqlState::INVALID_CATALOG_NAME => StoreError::Address(format!(
            "there is no such database at {address} ({text}): create it, or fix `store`"
        )),
        code if *code == SqlState::TOO_MANY_CONNECTIONS => StoreError::Away(format!(
            "the database at {address} has no connection left ({text}): raise its max_connections, or give it fewer clients"
        )),
        _ => StoreError::Away(format!("the database at {address} does not accept connections now: {text}")),
    }
}

/// Returns an error with its causes.
fn causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let deeper_text = deeper.to_string();
        if !text.contains(&deeper_text) {
            text = format!("{text}: {deeper_text}");
        }
        cause = deeper.source();
    }
    text
}
