//! Kinds of credentials: what each is called, and what to do when one has been shown.
//!
//! Never: no credential; what is found is named, not held.

/// A credential that was found. It holds nothing of the credential itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Secret {
    /// What it is.
    pub kind: Kind,
}

impl Secret {
    /// What to do about it and where.
    pub fn revoke(self) -> &'static str {
        self.kind.revoke()
    }
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

    /// What to do about it and where.
    pub fn revoke(self) -> &'static str {
        match self {
            Self::Bearer => {
                "It ends by itself within an hour. To end it now, remove the app at https://www.spotify.com/account/apps/"
            }
            Self::Basic => {
                "It holds the id and secret in readable form: rotate the client secret at https://developer.spotify.com/dashboard, or change that password"
            }
            Self::ClientSecret => {
                "Rotate it: https://developer.spotify.com/dashboard, your app, Settings, Rotate client secret"
            }
            Self::RefreshToken => {
                "Remove the app at https://www.spotify.com/account/apps/ and sign in again; a refresh token lives for months"
            }
            Self::OauthCode => {
                "It works once and for ten minutes at most: sign in again so that it is used up"
            }
            Self::DiscordToken => {
                "Reset it now: https://discord.com/developers/applications, your app, Bot, Reset Token"
            }
            Self::DiscordWebhook => {
                "Delete the webhook: channel settings, Integrations, Webhooks; anyone who has the address can post"
            }
            Self::PrivateKey => {
                "Treat it as lost: make a new key pair and replace the old one and its certificates everywhere"
            }
            Self::Cookie => {
                "Sign out everywhere at https://www.spotify.com/account/, which ends every session that uses it"
            }
            Self::GithubToken => "Revoke it at https://github.com/settings/tokens",
            Self::Password => "Change it where it belongs, and everywhere else it is used",
        }
    }
}
