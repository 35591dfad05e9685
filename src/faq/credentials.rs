//! Kinds of credentials, and what stands in the place of one. What to do when one has been shown is said by `words`.
//!
//! Never: no credential; what is found is named, not held.

/// A credential that was found. It holds nothing of the credential itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Secret {
    /// What it is.
    pub kind: Kind,
}

/// Kinds of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An access token: `Authorization: Bearer …`.
    Bearer,
    /// A user name and password or a client's id and secret: `Authorization: Basic …`.
    Basic,
    /// A client secret of an app.
    ClientSecret,
    /// A refresh token.
    RefreshToken,
    /// The code of an OAuth redirect.
    OauthCode,
    /// A Discord bot's token.
    DiscordToken,
    /// The address of a Discord webhook.
    DiscordWebhook,
    /// A private key.
    PrivateKey,
    /// Spotify's login cookies `sp_dc` and `sp_key`, or a whole `Cookie:` header.
    Cookie,
    /// A GitHub token.
    GithubToken,
    /// Any password, key or token that is called one.
    Password,
}

impl Kind {
    /// A stable name, for translations and counts.
    pub fn id(self) -> &'static str {
        match self {
            Self::Bearer => "bearer-token",
            Self::Basic => "basic-header",
            Self::ClientSecret => "client-secret",
            Self::RefreshToken => "refresh-token",
            Self::OauthCode => "oauth-code",
            Self::DiscordToken => "discord-token",
            Self::DiscordWebhook => "discord-webhook",
            Self::PrivateKey => "private-key",
            Self::Cookie => "login-cookie",
            Self::GithubToken => "github-token",
            Self::Password => "password",
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bearer => "access token",
            Self::Basic => "Basic header",
            Self::ClientSecret => "client secret",
            Self::RefreshToken => "refresh token",
            Self::OauthCode => "login code",
            Self::DiscordToken => "Discord token",
            Self::DiscordWebhook => "Discord webhook",
            Self::PrivateKey => "private key",
            Self::Cookie => "login cookie",
            Self::GithubToken => "GitHub token",
            Self::Password => "password or key",
        }
    }
}
