//! Why something failed, in the reader's language: our own reasons are translated, Discord's own words are quoted.
//!
//! A reason is stored in the log's English, also in records of past versions. It is therefore recognised by its text.

use super::escape;
use crate::i18n::Language;

/// Each of our reasons as it is stored, and the message that translates it.
const OURS: &[(&str, &str)] = &[
    ("rate limited (429)", "reason-rate-limited"),
    ("403 from something in front of Discord", "reason-in-front"),
    ("no answer from Discord in time", "reason-no-answer"),
    ("Discord did not answer in time", "reason-no-answer"),
    ("too little of the lease was left to send", "reason-no-answer"),
    ("no connection to Discord", "reason-no-connection"),
    ("the connection to Discord was cut", "reason-cut"),
    ("Discord's answer could not be read", "reason-unreadable"),
    ("stopping", "reason-stopping"),
    ("the request could not be made", "reason-request"),
    ("the file is larger than we read", "reason-file-large"),
    ("this is no address", "reason-file-elsewhere"),
    ("files are read from Discord's own hosts only", "reason-file-elsewhere"),
    ("unknown channel (10003)", "reason-unknown-channel"),
    ("unknown message (10008)", "reason-unknown-message"),
    ("unauthorized: Discord refuses the token", "reason-unauthorized"),
    ("cannot send messages to this user (50007)", "reason-no-direct"),
    ("may not read the message history (50013)", "reason-no-history"),
    ("it ended more than a day ago and could not be told before", "reason-too-late"),
    ("the channel is gone", "reason-channel-gone"),
    ("the bot was removed from the server", "reason-removed"),
];

/// The same for reasons with a suffix: a code, or Discord's complaint.
const OURS_WITH_MORE: &[(&str, &str)] = &[
    ("Discord answered ", "reason-answered"),
    ("the interaction is over ", "reason-over"),
    ("the thread is closed ", "reason-thread-closed"),
    ("invalid form body (50035)", "reason-malformed"),
];

/// Why something failed; Discord's own words are cut at `most` characters.
pub fn reason(why: &str, most: usize, language: Language) -> String {
    ours(why, language).unwrap_or_else(|| escape::plain(&bare(why), most))
}

/// One of our reasons in the reader's language, or `None` if it is not ours.
pub fn ours(why: &str, language: Language) -> Option<String> {
    let why = bare(why);
    if let Some((_, message)) = OURS.iter().find(|(text, _)| *text == why) {
        return Some(language.say(message));
    }
    let (more, message) =
        OURS_WITH_MORE.iter().find_map(|(text, message)| Some((why.strip_prefix(text)?, message)))?;
    let code = more.trim_matches(|c: char| !c.is_ascii_digit());
    Some(language.say_with(message, &[("code", code.into())]))
}

/// A reason without what only the log needs: `refused: 404 (10013) Unknown User` becomes `Unknown User (10013)`.
fn bare(why: &str) -> String {
    let why = why.strip_prefix("later: ").or(why.strip_prefix("never: ")).unwrap_or(why);
    let refused = || {
        let (code, words) = why.strip_prefix("refused: ")?.split_once(" (")?.1.split_once(") ")?;
        // What we refuse ourselves has no Discord error code.
        Some(if code == "0" { words.to_owned() } else { format!("{words} ({code})") })
    };
    refused().unwrap_or_else(|| why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{DiscordError, PermanentReason};

    #[test]
    fn discord_reasons_are_quoted_and_ours_are_translated() {
        let german = Language::nearest("de");
        let said =
            |refusal: PermanentReason| reason(&DiscordError::Permanent(refusal).to_string(), 200, german);
        let access = PermanentReason::NoPermission { code: 50001, why: "Missing Access".to_owned() };
        assert_eq!(said(access), r"Missing Access \(50001\)");
        let user = PermanentReason::Other { status: 404, code: 10013, why: "Unknown User".to_owned() };
        assert_eq!(said(user), r"Unknown User \(10013\)");
        assert_eq!(said(PermanentReason::UnknownChannel), "diesen Kanal gibt es nicht (10003)");
        assert_eq!(said(PermanentReason::ThreadClosed(50083)), "der Thread ist geschlossen (50083)");
        let large = "the file is larger than we read".to_owned();
        assert_eq!(
            said(PermanentReason::Other { status: 0, code: 0, why: large }),
            "sie ist größer als 1 MiB"
        );
        for known in [
            PermanentReason::UnknownMessage,
            PermanentReason::BadBody("Invalid Form Body: content BASE_TYPE_MAX_LENGTH".to_owned()),
            PermanentReason::Unauthorized,
            PermanentReason::InteractionOver(10062),
            PermanentReason::NoDirectMessages,
            PermanentReason::NoPermission { code: 50013, why: "may not read the message history".to_owned() },
        ] {
            assert!(ours(&known.to_string(), german).is_some(), "{known}");
        }
        assert_eq!(reason("Discord answered 502", 200, german), "Discord antwortete mit einem Fehler (502)");
        assert_eq!(reason("x*y", 200, german), r"x\*y");
    }
}
