//! Why something failed, in the reader's language. Discord's own words are quoted.

use super::escape;
use crate::alerts::{PermanentReason, Reason};
use crate::i18n::Language;

/// Why something failed; Discord's own words are cut at `most` characters.
pub fn reason(why: &Reason, most: usize, language: Language) -> String {
    let say = |message: &str| language.say(message);
    let with_code =
        |message: &str, code: u32| language.say_with(message, &[("code", code.to_string().into())]);
    match why {
        Reason::RateLimited => say("reason-rate-limited"),
        Reason::OwnLimit | Reason::TooManyInvalid | Reason::RenamedTooOften | Reason::PublishedTooOften => {
            say("reason-own-limit")
        }
        Reason::Answered(status) => with_code("reason-answered", u32::from(*status)),
        Reason::InFront(status) => with_code("reason-in-front", u32::from(*status)),
        Reason::NoAnswer | Reason::LeaseTooShort => say("reason-no-answer"),
        Reason::NoConnection => say("reason-no-connection"),
        Reason::ConnectionCut => say("reason-cut"),
        Reason::Unreadable(_) => say("reason-unreadable"),
        Reason::Stopping => say("reason-stopping"),
        Reason::RequestNotMade => say("reason-request"),
        Reason::TooLate => say("reason-too-late"),
        Reason::ChannelGone => say("reason-channel-gone"),
        Reason::ServerLeft => say("reason-removed"),
        Reason::Refused(refusal) => match refusal {
            PermanentReason::UnknownChannel => say("reason-unknown-channel"),
            PermanentReason::UnknownMessage => say("reason-unknown-message"),
            PermanentReason::NoHistory => say("reason-no-history"),
            PermanentReason::FileTooLarge => say("reason-file-large"),
            PermanentReason::NotOnDiscord => say("reason-file-elsewhere"),
            PermanentReason::BadBody(_) => say("reason-malformed"),
            PermanentReason::Unauthorized => say("reason-unauthorized"),
            PermanentReason::NoDirectMessages => say("reason-no-direct"),
            PermanentReason::InteractionOver(code) => with_code("reason-over", *code),
            PermanentReason::ThreadClosed(code) => with_code("reason-thread-closed", *code),
            // What something else than Discord's API refuses has no code.
            PermanentReason::Other { status, code: 0, why } => {
                escape::plain(&format!("{why} ({status})"), most)
            }
            PermanentReason::NoPermission { code, why } | PermanentReason::Other { code, why, .. } => {
                escape::plain(&format!("{why} ({code})"), most)
            }
        },
        Reason::Other(words) => escape::plain(words, most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discord_reasons_are_quoted_and_ours_are_translated() {
        let german = Language::nearest("de");
        let said = |refusal: PermanentReason| reason(&Reason::Refused(refusal), 200, german);
        let access = PermanentReason::NoPermission { code: 50001, why: "Missing Access".to_owned() };
        assert_eq!(said(access), r"Missing Access \(50001\)");
        let user = PermanentReason::Other { status: 404, code: 10013, why: "Unknown User".to_owned() };
        assert_eq!(said(user), r"Unknown User \(10013\)");
        assert_eq!(said(PermanentReason::UnknownChannel), "diesen Kanal gibt es nicht (10003)");
        assert_eq!(said(PermanentReason::ThreadClosed(50083)), "der Thread ist geschlossen (50083)");
        assert_eq!(said(PermanentReason::FileTooLarge), "sie ist größer als 1 MiB");
        assert_eq!(reason(&Reason::Answered(502), 200, german), "Discord antwortete mit einem Fehler (502)");
        let old = Reason::Other("x*y".to_owned());
        assert_eq!(reason(&old, 200, german), r"x\*y", "a record of an earlier version");
    }
}
