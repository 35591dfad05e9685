//! SIGKILL at the worst instants and at random ones: each channel gets each start and each recovery once.

use healthy_upstream::discord::simulator::rules::{Fault, StoredMessage};
use jiff::SignedDuration;

use super::bot::{Home, is_end, is_start, is_update};

/// Selects one kind of message.
pub(super) type Kind = fn(&StoredMessage) -> bool;

/// How the bot ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The bot gets SIGKILL.
    Killed,
    /// The bot gets SIGTERM. It has ten seconds, and exits with 0.
    Stopped,
}

/// Ends the bot while it posts a start, and again while it posts the recovery: as soon as `posts` more posts have come. The first
/// post in each channel meets `fault`.
async fn dies_while_posting(name: &str, end: End, channels: usize, fault: Option<Fault>, posts: usize) {
    let home = Home::subscribed(channels).await;
    let mut late: f64 = 0.0;
    for (what, failing, posted) in
        [("the start", &["web-api"][..], is_start as Kind), ("the end", &[][..], is_end)]
    {
        let bot = home.start();
        home.is_watched().await;
        for (_, channel) in &home.channels {
            if let Some(fault) = fault {
                home.discord.state.model().faults.queue(Some(*channel), fault, 1);
            }
        }
        let (before, since) = (home.posts(), home.now());
        home.spotify.fails(failing);
        home.discord.state.until("the posts", |_| home.posts() >= before + posts).await;
        match end {
            End::Killed => bot.dies(),
            End::Stopped => assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log()),
        }
        let (done, all) = (home.counts(posted).iter().sum::<usize>(), home.channels.len());
        match fault {
            Some(Fault::Silent) => assert_eq!(done, 0, "{what} was not posted yet"),
            Some(_) => assert_eq!(done, all, "{what} was posted, but the bot does not know"),
            None => assert!(done > 0 && done < all, "{what} was posted in {done} channels"),
        }
        home.discord.state.model().faults.clear();
        let bot = home.start();
        home.everywhere(what, posted).await;
        late = late.max(home.latest(posted, since));
        home.settles(bot).await;
    }
    home.announced(name, &[(is_start, 1), (is_end, 1)], late);
}

impl Home {
    /// Returns how many posts have come so far.
    fn posts(&self) -> usize {
        let all = self.discord.state.requests();
        all.iter().filter(|r| r.method == "POST" && r.path.ends_with("/messages")).count()
    }

    /// Checks that every channel has this many messages of each kind, and no others. Prints one row of the table of faults.
    pub(super) fn announced(&self, fault: &str, kinds: &[(Kind, usize)], late: f64) {
        let (mut lost, mut doubled) = (0, 0);
        for (posted, times) in kinds {
            for count in self.counts(*posted) {
                lost += times.saturating_sub(count);
                doubled += count.saturating_sub(*times);
            }
        }
        let each: usize = kinds.iter().map(|(_, times)| times).sum();
        let alerts = each * self.channels.len();
        eprintln!("{fault:<56} alerts {alerts:>4}  lost {lost}  doubled {doubled}  last after {late:.1} s");
        assert_eq!((lost, doubled), (0, 0), "{}", self.log());
        assert_eq!(self.counts(|_| true), vec![each; self.channels.len()], "and nothing else");
    }
}

#[tokio::test]
async fn kill_between_commit_and_posts_loses_nothing() {
    dies_while_posting("SIGKILL between commit and post", End::Killed, 20, Some(Fault::Silent), 20).await;
}

#[tokio::test]
async fn kill_before_outcomes_are_stored_duplicates_no_post() {
    let fault = Some(Fault::SilentAfterDoing);
    dies_while_posting("SIGKILL after the post, before its outcome is stored", End::Killed, 20, fault, 20)
        .await;
}

#[tokio::test]
async fn kill_during_fan_out_loses_and_duplicates_nothing() {
    dies_while_posting("SIGKILL in the middle of a fan-out", End::Killed, 100, None, 50).await;
}

#[tokio::test]
async fn stop_during_fan_out_loses_and_duplicates_nothing() {
    dies_while_posting("SIGTERM in the middle of a fan-out", End::Stopped, 100, None, 30).await;
}

/// Requests in flight hang longer than the bot may take to stop.
#[tokio::test]
async fn stop_while_discord_hangs_loses_nothing() {
    dies_while_posting("SIGTERM while Discord hangs", End::Stopped, 20, Some(Fault::Silent), 20).await;
}

/// One outage, from before its start until after its end, with a bot that is killed again and again.
struct Story {
    kills: usize,
    late: f64,
}

/// `KILLS=300 cargo test random_kills -- --nocapture` kills that often, over as many outages in 500 channels as it takes. The
/// default is one outage in 60 channels.
#[tokio::test]
async fn random_kills_during_an_outage_lose_and_duplicate_nothing() {
    let wanted = std::env::var("KILLS").ok().map(|kills| kills.parse::<usize>().expect("KILLS is a number"));
    let channels = if wanted.is_some() { 500 } else { 60 };
    let (mut stories, mut kills, mut late) = (0, 0, 0.0_f64);
    while stories == 0 || kills < wanted.unwrap_or(1) {
        let story = Story::in_channels(channels).await;
        (stories, kills, late) = (stories + 1, kills + story.kills, late.max(story.late));
        eprintln!(
            "SIGKILL at random instants: outages {stories}  kills {kills}  late by at most {late:.1} s"
        );
    }
}

impl Story {
    async fn in_channels(many: usize) -> Self {
        // Discord grants large bots more than 50 requests per second. Here the higher limit fits many kills into minutes.
        let home = Home::subscribed_with_limit(many, 500).await;
        let (kills, late) = tokio::join!(home.kills_until_it_is_over(), home.plays_a_story());
        home.settles(home.start()).await;
        let kinds = [(is_start as Kind, 1), (is_update, 3), (is_end, 1)];
        home.announced("SIGKILL at random instants", &kinds, late);
        Self { kills, late }
    }
}

impl Home {
    /// Starts and kills the bot again and again, until every channel has got the recovery. Returns how often it was killed.
    async fn kills_until_it_is_over(&self) -> usize {
        let over = self.everywhere("the end", is_end);
        tokio::pin!(over);
        for kills in 1.. {
            let bot = self.start();
            let ended = tokio::select! {
                biased;
                () = &mut over => true,
                () = self.discord.state.clock.sleep(any_instant()) => false,
            };
            // The last kill may come while it stores the outcome of its last posts.
            bot.dies();
            if ended {
                return kills;
            }
        }
        unreachable!("the loop never ends")
    }

    /// Lets one service fail, then another, and another, and another, and then all recover. Returns by how many seconds the
    /// latest message was late.
    pub(super) async fn plays_a_story(&self) -> f64 {
        self.is_watched().await;
        let mut late: f64 = 0.0;
        let failing = ["web-api", "web-player", "client-bootstrap", "accounts", "accounts-discovery"];
        for (what, failing, posted, times) in [
            ("the start", &failing[..1], is_start as Kind, 1),
            ("the first update", &failing[..2], is_update, 1),
            ("the second update", &failing[..3], is_update, 2),
            ("the third update", &failing[..], is_update, 3),
            ("the end", &[][..], is_end, 1),
        ] {
            let since = self.now();
            self.spotify.fails(failing);
            self.everywhere_times(what, posted, times).await;
            late = late.max(self.latest(posted, since));
        }
        late
    }
}

/// Returns a random span of 0.1 to 4 s: from the middle of the bot's start to long after it.
fn any_instant() -> SignedDuration {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(0) % 3_900;
    SignedDuration::from_millis(100 + i64::try_from(random).unwrap_or(0))
}
