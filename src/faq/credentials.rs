//! Kinds of credentials, and what replaces one in a text. What to do about a leaked one is in `i18n`.

use std::borrow::Cow;

use super::redact::Maker;

/// A credential that was found. It holds nothing of the credential itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FoundCredential {
    pub kind: CredentialKind,
}

/// Kinds of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CredentialKind {
    /// A key or token with its maker's mark.
    Made(Maker),
    /// An access token: `Authorization: Bearer …`.
    Bearer,
    /// A user name and password or a client's id and secret: `Authorization: Basic …`.
    Basic,
    /// A client secret of an app.
    ClientSecret,
    RefreshToken,
    /// The code of an OAuth redirect.
    OauthCode,
    /// A Discord bot's token.
    DiscordToken,
    /// The address of a Discord webhook.
    DiscordWebhook,
    PrivateKey,
    /// Spotify's login cookies `sp_dc` and `sp_key`, or a whole `Cookie:` header.
    Cookie,
    /// Any password, key or token with a name that says so.
    Password,
}

impl CredentialKind {
    /// Returns a stable name, for translations and counts.
    pub fn id(self) -> &'static str {
        match self {
            Self::Made(_) => "made",
            Self::Bearer => "bearer-token",
            Self::Basic => "basic-header",
            Self::ClientSecret => "client-secret",
            Self::RefreshToken => "refresh-token",
            Self::OauthCode => "oauth-code",
            Self::DiscordToken => "discord-token",
            Self::DiscordWebhook => "discord-webhook",
            Self::PrivateKey => "private-key",
            Self::Cookie => "login-cookie",
            Self::Password => "password",
        }
    }

    /// Returns the maker of the key, if it has a maker's mark.
    pub fn maker(self) -> Option<Maker> {
        match self {
            Self::Made(maker) => Some(maker),
            _ => None,
        }
    }

    /// Returns its name for people.
    pub fn name(self) -> Cow<'static, str> {
        let name = match self {
            Self::Made(maker) => return format!("{} key", maker.name()).into(),
            Self::Bearer => "access token",
            Self::Basic => "Basic header",
            Self::ClientSecret => "client secret",
            Self::RefreshToken => "refresh token",
            Self::OauthCode => "login code",
            Self::DiscordToken => "Discord token",
            Self::DiscordWebhook => "Discord webhook",
            Self::PrivateKey => "private key",
            Self::Cookie => "login cookie",
            Self::Password => "password or key",
        };
        name.into()
    }
}
