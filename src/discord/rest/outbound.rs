//! Implements [`Discord`], each method as one request.

use async_trait::async_trait;
use reqwest::{Method, Url};
use serde_json::json;

use super::{ApiRequest, Rest, commands, later, lost, response};
use crate::alerts::Reason;
use crate::chat::{Message, Reply, Visibility};
use crate::commands::{ChannelFacts, Invoker, Spec};
use crate::discord::codec::Node;
use crate::discord::{
    Discord, DiscordError, Identity, InteractionResponse, InteractionToken, PermanentReason, Post, Thread,
    ThreadStart, codec,
};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};

/// The only hosts that attachments are read from (reference, "CDN").
const FILE_HOSTS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];

#[async_trait]
impl Discord for Rest {
    async fn post(&self, post: &Post) -> Result<MessageId, DiscordError> {
        let path = format!("/channels/{}/messages", post.channel);
        let ask = ApiRequest::new(Method::POST, path, "POST /channels/{}/messages", post.channel.0);
        let posted = self.ask(ask.with(codec::post_body(post)).showing(&post.message)).await;
        let body = self.resolved(posted, post.channel).await?;
        Ok(MessageId(id_of(&body, "")?))
    }

    async fn edit(&self, channel: ChannelId, id: MessageId, message: &Message) -> Result<(), DiscordError> {
        let path = format!("/channels/{channel}/messages/{id}");
        let ask = ApiRequest::new(Method::PATCH, path, "PATCH /channels/{}/messages/{}", channel.0);
        let edited = self.ask(ask.with(codec::edit_body(message)).showing(message)).await;
        self.resolved(edited, channel).await?;
        Ok(())
    }

    async fn delete(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError> {
        let path = format!("/channels/{channel}/messages/{id}");
        self.ask(ApiRequest::new(Method::DELETE, path, "DELETE /channels/{}/messages/{}", channel.0)).await?;
        Ok(())
    }

    async fn publish(&self, channel: ChannelId, id: MessageId) -> Result<(), DiscordError> {
        let path = format!("/channels/{channel}/messages/{id}/crosspost");
        let ask = ApiRequest::new(Method::POST, path, "POST /channels/{}/messages/{}/crosspost", channel.0);
        match self.ask(ask).await {
            // 40033: it was published before, as requested.
            Ok(_) | Err(DiscordError::Permanent(PermanentReason::Other { code: 40033, .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn open_thread(
        &self,
        channel: ChannelId,
        name: &str,
        start: ThreadStart,
    ) -> Result<Thread, DiscordError> {
        match start {
            ThreadStart::On(message) => {
                let path = format!("/channels/{channel}/messages/{message}/threads");
                let ask =
                    ApiRequest::new(Method::POST, path, "POST /channels/{}/messages/{}/threads", channel.0);
                match self.ask(ask.with(codec::thread_body(name))).await {
                    Ok(body) => Ok(Thread { channel: ChannelId(id_of(&body, "")?), first: None }),
                    // 160004: it was opened before; a thread on a message has the message's id.
                    Err(DiscordError::Permanent(PermanentReason::Other { code: 160_004, .. })) => {
                        Ok(Thread { channel: ChannelId(message.0), first: None })
                    }
                    Err(error) => Err(error),
                }
            }
            ThreadStart::ForumPost(first) => {
                let path = format!("/channels/{channel}/threads");
                let ask = ApiRequest::new(Method::POST, path, "POST /channels/{}/threads", channel.0);
                let body = codec::forum_post_body(name, &first);
                let body = self.ask(ask.with(body).showing(&first)).await?;
                let thread = id_of(&body, "")?;
                let first = find_id(&body, "/message").unwrap_or(thread);
                Ok(Thread { channel: ChannelId(thread), first: Some(MessageId(first)) })
            }
        }
    }

    async fn rename_thread(&self, thread: ChannelId, name: &str) -> Result<(), DiscordError> {
        let ask =
            ApiRequest::new(Method::PATCH, format!("/channels/{thread}"), "PATCH /channels/{}", thread.0);
        self.ask(ask.with(json!({ "name": name }))).await?;
        Ok(())
    }

    async fn find_own(
        &self,
        channel: ChannelId,
        after: MessageId,
        marker: &str,
    ) -> Result<Option<MessageId>, DiscordError> {
        self.search_own(channel, after, marker).await
    }

    async fn find_own_post(
        &self,
        forum: (GuildId, ChannelId),
        after: MessageId,
        marker: &str,
    ) -> Result<Option<Thread>, DiscordError> {
        self.search_own_posts(forum, after, marker).await
    }

    async fn fetch_channel_facts(
        &self,
        guild: GuildId,
        channel: ChannelId,
        invoker: &Invoker,
    ) -> Result<ChannelFacts, DiscordError> {
        self.channel_facts(guild, channel, invoker).await
    }

    async fn fetch_server_facts(&self, guild: GuildId, invoker: &Invoker) -> Result<u64, DiscordError> {
        self.rights_in_server(guild, invoker).await
    }

    async fn is_in(&self, guild: GuildId) -> Result<bool, DiscordError> {
        let ask = ApiRequest::new(Method::GET, format!("/guilds/{guild}"), "GET /guilds/{}", guild.0);
        match self.ask(ask).await {
            Ok(_) => Ok(true),
            // 50001: no member; 10004: the server no longer exists.
            Err(DiscordError::Permanent(PermanentReason::NoPermission { code: 50001 | 10004, .. })) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn open_direct(&self, person: UserId) -> Result<ChannelId, DiscordError> {
        let ask = ApiRequest::new(Method::POST, "/users/@me/channels".into(), "POST /users/@me/channels", 0);
        let body = self.ask(ask.with(json!({ "recipient_id": person.to_string() }))).await?;
        Ok(ChannelId(id_of(&body, "")?))
    }

    async fn answer(
        &self,
        token: &InteractionToken,
        answer: &InteractionResponse,
    ) -> Result<Option<MessageId>, DiscordError> {
        let reply = match answer {
            InteractionResponse::Reply(reply) => Some(reply),
            _ => None,
        };
        let public = reply.is_some_and(|reply| reply.visibility == Visibility::Public);
        // Only a public answer is ever linked to: for the others, no message is requested in return.
        let query = if public { "?with_response=true" } else { "" };
        let path = format!("/interactions/{}/{}/callback{query}", token.id, token.token);
        let callback = || {
            let ask =
                ApiRequest::new(Method::POST, path.clone(), "POST /interactions/{}/{}/callback", token.id.0);
            let ask = ask.with(codec::answer_body(answer));
            match reply {
                Some(reply) => ask.showing(&reply.message),
                None => ask,
            }
        };
        let body = self.call_back(callback).await?;
        Ok(find_id(&body, "/resource/message").map(MessageId))
    }

    async fn follow_up(&self, token: &InteractionToken, reply: &Reply) -> Result<MessageId, DiscordError> {
        let path = format!("/webhooks/{}/{}?wait=true", token.application, token.token);
        let ask = ApiRequest::new(Method::POST, path, "POST /webhooks/{}/{}", token.id.0);
        let ask = ask.with(codec::follow_up_body(reply)).showing(&reply.message);
        let body = self.ask_interaction(ask).await?;
        Ok(MessageId(id_of(&body, "")?))
    }

    async fn edit_answer(
        &self,
        token: &InteractionToken,
        message: &Message,
    ) -> Result<MessageId, DiscordError> {
        let path = format!("/webhooks/{}/{}/messages/@original", token.application, token.token);
        let ask =
            ApiRequest::new(Method::PATCH, path, "PATCH /webhooks/{}/{}/messages/@original", token.id.0);
        let ask = ask.with(codec::edit_answer_body(message)).showing(message);
        let body = self.ask_interaction(ask).await?;
        Ok(MessageId(id_of(&body, "")?))
    }

    async fn delete_answer(&self, token: &InteractionToken) -> Result<(), DiscordError> {
        let path = format!("/webhooks/{}/{}/messages/@original", token.application, token.token);
        let name = "DELETE /webhooks/{}/{}/messages/@original";
        self.ask_interaction(ApiRequest::new(Method::DELETE, path, name, token.id.0)).await?;
        Ok(())
    }

    async fn read_file(&self, url: &str, most: usize) -> Result<Vec<u8>, DiscordError> {
        let url = Url::parse(url).map_err(|_| refused(PermanentReason::NotOnDiscord))?;
        let ours = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
        if !ours || !url.host_str().is_some_and(|host| FILE_HOSTS.contains(&host)) {
            return Err(refused(PermanentReason::NotOnDiscord));
        }
        self.fetch(url, most).await
    }

    async fn register(&self, specs: &[Spec], only_in: Option<GuildId>) -> Result<usize, DiscordError> {
        commands::register(self, specs, only_in).await
    }

    async fn who_am_i(&self) -> Result<Identity, DiscordError> {
        self.identity().await.cloned()
    }
}

impl Rest {
    /// Resolves a 404 without a Discord code, which does not say what is gone: the channel is requested. If it exists, the
    /// message is gone. If that cannot be found out, the refusal stays one of an unknown reason.
    async fn resolved<T>(
        &self,
        done: Result<T, DiscordError>,
        channel: ChannelId,
    ) -> Result<T, DiscordError> {
        let Err(DiscordError::Permanent(PermanentReason::Other { status: 404, code: 0 | 404, .. })) = &done
        else {
            return done;
        };
        Err(match self.stands(channel).await {
            Ok(()) => DiscordError::Permanent(PermanentReason::UnknownMessage),
            Err(gone @ DiscordError::Permanent(PermanentReason::UnknownChannel)) => gone,
            Err(_) => return done,
        })
    }

    /// Reads a file whose address was checked to be Discord's.
    async fn fetch(&self, url: Url, most: usize) -> Result<Vec<u8>, DiscordError> {
        let _slot = self.slots.acquire().await.map_err(|_| later(Reason::Stopping, false))?;
        let response = self.files.get(url).send().await.map_err(|e| lost(&e))?;
        let status = response.status().as_u16();
        match status {
            200 => {}
            // The host of a file returns no JSON: its refusal is no error in front of Discord.
            400..=499 if status != 408 && status != 429 => {
                let why = "the file's host refuses it".to_owned();
                return Err(refused(PermanentReason::Other { status, code: 0, why }));
            }
            _ => return Err(codec::post_error(status, None, b"")),
        }
        let body = response::read_capped(response, most).await?;
        body.ok_or_else(|| refused(PermanentReason::FileTooLarge))
    }
}

fn refused(why: PermanentReason) -> DiscordError {
    DiscordError::Permanent(why)
}

/// Returns the id in a response, at a path such as `/resource/message`. If it is missing, the request may have been carried out.
pub(super) fn id_of(body: &[u8], at: &str) -> Result<u64, DiscordError> {
    find_id(body, at).ok_or_else(|| {
        tracing::warn!(key = format!("{at}/id"), "Discord's answer holds no id");
        later(Reason::Unreadable(String::new()), true)
    })
}

fn find_id(body: &[u8], at: &str) -> Option<u64> {
    let keys = at.split('/').filter(|key| !key.is_empty());
    let place = keys.fold(Node::parse_bytes(body).unwrap_or_default(), Node::get);
    place.get("id").id()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::clock::Clock;
    use crate::discord::rest::RestOptions;

    fn rest() -> Rest {
        let options = RestOptions {
            api: "https://discord.com".into(),
            token: "a.bot.token".into(),
            requests_per_second: 50,
            shared_limits: None,
            proxy: crate::proxy::Proxy::default(),
            clock: Clock::system(),
        };
        Rest::new(&options).unwrap()
    }

    /// Fetches a file of at most ten bytes from a host that returns `gives`; also returns the request.
    async fn fetched(gives: &str) -> (Result<Vec<u8>, DiscordError>, String) {
        let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/attachments/1/2/error.log?ex=1&hm=2", host.local_addr().unwrap());
        let answer = async {
            let (mut socket, _) = host.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                assert!(socket.read_buf(&mut asked).await.unwrap() > 0, "a whole request");
            }
            socket.write_all(gives.as_bytes()).await.unwrap();
            String::from_utf8(asked).unwrap()
        };
        let rest = rest();
        tokio::join!(rest.fetch(Url::parse(&url).unwrap(), 10), answer)
    }

    #[tokio::test]
    async fn attached_file_is_read_without_sending_the_token() {
        let (file, asked) = fetched("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n503 nhu").await;
        assert_eq!(file, Ok(b"503 nhu".to_vec()));
        assert!(asked.starts_with("GET /attachments/1/2/error.log?ex=1&hm=2 HTTP/1.1"), "{asked}");
        assert!(!asked.contains("token") && !asked.to_lowercase().contains("authorization"), "{asked}");
    }

    #[tokio::test]
    async fn missing_too_large_or_cut_file_is_reported() {
        let refused = |error: DiscordError| match error {
            DiscordError::Permanent(why) => why.to_string(),
            DiscordError::Transient { why, .. } => format!("later: {why}"),
        };
        let large = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n12345678901";
        assert!(refused(fetched(large).await.0.unwrap_err()).contains("larger than we read"));
        // The response has no length.
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n";
        assert!(refused(fetched(chunked).await.0.unwrap_err()).contains("larger than we read"));
        let gone = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        assert!(matches!(fetched(gone).await.0, Err(DiscordError::Permanent(_))));
        let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n123";
        assert!(refused(fetched(cut).await.0.unwrap_err()).starts_with("later"));
    }

    #[tokio::test]
    async fn no_other_host_is_asked() {
        for url in [
            "https://example.com/error.log",
            "http://cdn.discordapp.com/attachments/1/2/error.log",
            "https://cdn.discordapp.com.example.com/error.log",
            "https://user@cdn.discordapp.com/error.log",
            "https://cdn.discordapp.com:8443/error.log",
            "error.log",
        ] {
            assert!(matches!(rest().read_file(url, 10).await, Err(DiscordError::Permanent(_))), "{url}");
        }
    }
}
