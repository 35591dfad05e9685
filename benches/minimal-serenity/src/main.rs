//! A bot with one answer, as serenity's own client makes it: what we are measured beside.

use serenity::all::{
    ClientBuilder, Context, CreateInteractionResponse, CreateInteractionResponseMessage, EventHandler,
    GatewayIntents, HttpBuilder, Interaction,
};
use serenity::async_trait;

struct Answers;

#[async_trait]
impl EventHandler for Answers {
    async fn interaction_create(&self, context: Context, asked: Interaction) {
        let Interaction::Command(command) = asked else { return };
        let message = CreateInteractionResponseMessage::new().content("🟢 up").ephemeral(true);
        let answer = CreateInteractionResponse::Message(message);
        if let Err(error) = command.create_response(&context.http, answer).await {
            eprintln!("not answered: {error}");
        }
    }
}

#[tokio::main]
async fn main() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is set"));
    // With its own rate limiter on, serenity does not heed the proxy; interactions have no limit that it would count.
    let http =
        HttpBuilder::new(variable("DISCORD_TOKEN")).proxy(variable("DISCORD_API")).ratelimiter_disabled(true);
    let bot = ClientBuilder::new_with_http(http.build(), GatewayIntents::GUILDS).event_handler(Answers);
    bot.await.expect("Discord is reached").start().await.expect("it runs until it is stopped");
}
