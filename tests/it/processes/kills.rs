//! SIGKILL at the worst instants and at random ones: each channel hears of each start and each end once.

use healthy_upstream::discord::model::{Fault, Stored};
use jiff::SignedDuration;

use super::bot::{Home, is_end, is_start, is_update};

/// How the bot ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// SIGKILL
    Killed,
    /// SIGTERM: it has ten seconds, and exits with 0.
    Stopped,
}

/// The bot dies while it tells of a start, and again while it tells of the end: once `posts` more posts have come, each
/// channel's first having met `fault`.
async fn dies_while_telling(name: &str, end: End, channels: usize, fault: Option<Fault>, posts: usize) {
    let home = Home::subscribed(channels).await;
    let mut late: f64 = 0.0;
    for (what, failing, told) in
        [("the start", &["web-api"][..], is_start as fn(&Stored) -> bool), ("the end", &[][..], is_end)]
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
        let (done, all) = (home.counts(told).iter().sum::<usize>(), home.channels.len());
        match fault {
            Some(Fault::Silent) => assert_eq!(done, 0, "{what} was not told yet"),
            Some(_) => assert_eq!(done, all, "{what} was told, but the bot does not know"),
            None => assert!(done > 0 && done < all, "{what} was told in {done} channels"),
        }
        home.discord.state.model().faults.clear();
        let bot = home.start();
        home.everywhere(what, told).await;
        late = late.max(home.latest(told, since));
        home.settles(bot).await;
    }
    home.told_once(name, &[is_start, is_end], late);
}

impl Home {
    /// Posts that have come so far.
    fn posts(&self) -> usize {
        let all = self.discord.state.requests();
        all.iter().filter(|r| r.method == "POST" && r.path.ends_with("/messages")).count()
    }

    /// Every channel has one message of each kind and no other. Says it as one row of the table of faults.
    fn told_once(&self, fault: &str, kinds: &[fn(&Stored) -> bool], late: f64) {
        let counts: Vec<usize> = kinds.iter().flat_map(|told| self.counts(*told)).collect();
        let lost = counts.iter().filter(|count| **count == 0).count();
        let doubled = counts.iter().filter(|count| **count > 1).count();
        eprintln!(
            "{fault:<56} alerts {:>3}  lost {lost}  doubled {doubled}  last after {late:.1} s",
            counts.len()
        );
        assert_eq!((lost, doubled), (0, 0), "{}", self.log());
        assert_eq!(self.counts(|_| true), vec![kinds.len(); self.channels.len()], "and nothing else");
    }
}

#[tokio::test]
async fn killed_after_the_commit_and_before_any_post() {
    dies_while_telling("SIGKILL between commit and post", End::Killed, 20, Some(Fault::Silent), 20).await;
}

#[tokio::test]
async fn killed_after_the_posts_and_before_their_outcome_is_stored() {
    let fault = Some(Fault::SilentAfterDoing);
    dies_while_telling("SIGKILL after the post, before its outcome is kept", End::Killed, 20, fault, 20)
        .await;
}

#[tokio::test]
async fn killed_in_the_middle_of_a_hundred_channels() {
    dies_while_telling("SIGKILL in the middle of a fan-out", End::Killed, 100, None, 50).await;
}

#[tokio::test]
async fn stopped_in_the_middle_of_a_hundred_channels() {
    dies_while_telling("SIGTERM in the middle of a fan-out", End::Stopped, 100, None, 30).await;
}

/// What is on its way when the bot is told to stop hangs longer than it may take to stop.
#[tokio::test]
async fn stopped_while_discord_hangs() {
    dies_while_telling("SIGTERM while Discord hangs", End::Stopped, 20, Some(Fault::Silent), 20).await;
}

/// Kills in one story: in the half minute that it takes, the bot must also live.
const KILLS_A_STORY: usize = 10;

/// `KILLS=300 cargo test killed_at_random` kills more often than the ten times that are always done.
#[tokio::test]
async fn killed_at_random_instants_of_an_outage_with_start_update_and_end() {
    let kills =
        std::env::var("KILLS").map_or(KILLS_A_STORY, |kills| kills.parse().expect("KILLS is a number"));
    for _ in 0..kills.div_ceil(KILLS_A_STORY) {
        let home = Home::subscribed(100).await;
        let ((), late) = tokio::join!(home.kills_now_and_then(), home.tells_a_story());
        home.settles(home.start()).await;
        home.told_once("SIGKILL at ten random instants", &[is_start, is_update, is_end], late);
    }
}

impl Home {
    /// Starts the bot and kills it, again and again; the last one lives until the story is told.
    async fn kills_now_and_then(&self) {
        for _ in 0..KILLS_A_STORY {
            let bot = self.start();
            self.discord.state.clock.sleep(any_instant()).await;
            bot.dies();
        }
        let bot = self.start();
        self.everywhere("the end", is_end).await;
        // Perhaps while it stores what became of its last posts.
        bot.dies();
    }

    /// One service fails, another with it, and both come back; gives by how many seconds anything was late.
    async fn tells_a_story(&self) -> f64 {
        self.is_watched().await;
        let mut late: f64 = 0.0;
        for (what, failing, told) in [
            ("the start", &["web-api"][..], is_start as fn(&Stored) -> bool),
            ("the update", &["web-api", "web-player"][..], is_update),
            ("the end", &[][..], is_end),
        ] {
            let since = self.now();
            self.spotify.fails(failing);
            self.everywhere(what, told).await;
            late = late.max(self.latest(told, since));
        }
        late
    }
}

/// From amid its start to well after it: 0.1 to 2 s.
fn any_instant() -> SignedDuration {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(0) % 1_900;
    SignedDuration::from_millis(100 + i64::try_from(random).unwrap_or(0))
}
