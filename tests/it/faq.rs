//! The FAQ as people use it: questions, autocomplete, entries of an operator, and mistakes of contributors.

use std::collections::BTreeSet;

use expect_test::expect;
use healthy_upstream::faq::{
    Faq, FaqEntry,
    search::SearchVerdict,
    suggest::{CHOICES, SuggestionKind},
    topics::{TOPICS, TopicPath},
};
use healthy_upstream::i18n::Language;

#[test]
fn built_in_faq_has_no_mistakes() {
    let errors = Faq::read(Faq::builtin_files()).err().unwrap_or_default();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}

#[test]
fn every_topic_has_an_entry() {
    let faq = Faq::builtin();
    let covered: BTreeSet<&str> = faq.entries().iter().map(|entry| entry.topic.name).collect();
    let missing: Vec<&str> =
        TOPICS.iter().map(|topic| topic.name).filter(|name| !covered.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn titles_and_nearly_all_aliases_find_their_entry() {
    let faq = Faq::builtin();
    let (mut asked, mut found) = (0, 0);
    for entry in faq.entries() {
        for said in std::iter::once(&entry.title).chain(&entry.aliases) {
            asked += 1;
            found += u32::from(faq.search(said).hits.iter().any(|hit| hit.entry.id == entry.id));
        }
    }
    // The rest are phrases that two entries of one topic share except for a small word.
    assert!(found * 100 >= asked * 97, "{found} of {asked}");
}

#[test]
fn typos_order_and_inflection_do_not_matter() {
    let faq = Faq::builtin();
    for question in [
        "spotify no healthy upstream",
        "no helthy upstraem on spotfy",
        "upstream: healthy? no! spotify!!",
        "NO HEALTHY UPSTREAMS SPOTIFY",
        "spotify affiche « no healthy upstream », pourquoi",
    ] {
        let search = faq.search(question);
        assert_eq!(search.hits[0].entry.topic.name, "spotify-nhu", "{question}");
    }
}

#[test]
fn stack_trace_inside_a_question_finds_its_entry() {
    let question = "hi all, my bot died over night, any idea what this is??\n```\nTraceback (most recent call last):\n  File \
                    \"bot.py\", line 12, in <module>\n    sp.current_user()\nspotipy.exceptions.SpotifyException: http status: \
                    403, code:-1 - https://api.spotify.com/v1/me: Check settings on developer.spotify.com/dashboard, the user \
                    may not be registered.\n```\nthanks in advance";
    let faq = Faq::builtin();
    let search = faq.search(question);
    assert_eq!(search.verdict, SearchVerdict::Answer);
    assert_eq!(search.hits[0].entry.topic.name, "spotify-403-user-not-registered");
}

#[test]
fn unknown_question_gets_no_answer() {
    let faq = Faq::builtin();
    for question in ["how do I centre a div", "lorem ipsum dolor sit amet", "", "???", "best pizza in town"] {
        let search = faq.search(question);
        assert_eq!(search.verdict, SearchVerdict::None, "{question}");
        assert!(search.hits.is_empty());
    }
    for question in
        ["openai api 429 quota exceeded", "feature request: please add retries to the spotify 503 error page"]
    {
        assert_ne!(faq.search(question).verdict, SearchVerdict::Answer, "{question}");
    }
}

#[test]
fn product_name_alone_suggests_and_never_answers() {
    let faq = Faq::builtin();
    for question in [
        "spicetify: which theme…",
        "spicetify",
        "home assistant dashboard card looks broken",
        "homeassistant spotify which card do you like",
        "spotify home assistant",
        "librespot error",
        "lavalink",
    ] {
        let search = faq.search(question);
        assert_eq!(search.verdict, SearchVerdict::Suggest, "{question}");
    }
    // With a symptom beside it, the same product name is answered.
    for question in ["spicetify theme disappeared", "home assistant spotify unavailable", "is spotify down"] {
        assert_eq!(faq.search(question).verdict, SearchVerdict::Answer, "{question}");
    }
}

#[test]
fn bare_retry_after_of_a_day_suggests_the_quota_entry() {
    let faq = Faq::builtin();
    for header in ["Retry-After: 77000", "retry-after 77000", "'Retry-After': '77000'"] {
        let search = faq.search(header);
        assert_ne!(search.verdict, SearchVerdict::None, "{header}");
        assert_eq!(search.hits[0].entry.id, "spotify-429-long-ban", "{header}");
    }
    assert_eq!(faq.search("Retry-After: 3").hits[0].entry.id, "spotify-429-rate-limit");
}

#[test]
fn question_without_a_product_is_asked_back_and_context_decides() {
    let faq = Faq::builtin();
    assert!(faq.search("503 after restart").ask_where);
    let question = "getting 503 no healthy upstream";
    assert!(!faq.search("vcenter no healthy upstream").ask_where);
    for (place, topic) in [
        (TopicPath::Spotify, "spotify-nhu"),
        (TopicPath::VCenter, "vcenter-nhu"),
        (TopicPath::Kubernetes, "k8s-nhu"),
    ] {
        let search = faq.search(&format!("{question} {}", place.words()));
        assert_eq!(search.hits[0].entry.topic.name, topic);
        assert_eq!(TopicPath::from_id(place.id()), Some(place));
    }
}

#[test]
fn short_common_questions_are_answered_in_any_language() {
    let faq = Faq::builtin();
    for (question, entry) in [
        ("spotify not working", "is-spotify-down"),
        ("when will spotify be back", "is-spotify-down"),
        ("429", "spotify-429-rate-limit"),
        ("rate limit", "spotify-429-rate-limit"),
        ("token expired", "spotify-401-token"),
        ("can't log in", "spotify-app-steps"),
        ("how do I use this bot", "this-bot"),
        ("503", "gateway-5xx"),
        ("upstream connect error", "nhu-upstream-connect-error"),
        ("getting 503 no healthy upstream", "nhu-meaning"),
        ("spotify non funziona", "is-spotify-down"),
        ("Спотифай не работает", "is-spotify-down"),
        ("spotify 挂了", "is-spotify-down"),
        ("스포티파이 안돼", "is-spotify-down"),
        ("czy spotify dzisiaj nie działa?", "is-spotify-down"),
        ("spotify çöktü mü", "is-spotify-down"),
        ("что значит no healthy upstream", "nhu-meaning"),
        ("spotify 429 要等多久", "spotify-429-rate-limit"),
    ] {
        let found = faq.search(question);
        let first = found.hits.first().map(|hit| hit.entry.id.as_str());
        assert_eq!(
            (found.verdict, first),
            (SearchVerdict::Answer, Some(entry)),
            "{question}: {:?}",
            found.why
        );
    }
}

#[test]
fn accents_and_endings_do_not_matter() {
    let faq = Faq::builtin();
    for (question, entry) in [
        ("spotify calismiyor", "is-spotify-down"),
        ("Spotify'da şarkılar çalmıyor, hep atlıyor", "spotify-cant-play"),
        ("spotify wam też nie dziala?", "is-spotify-down"),
        ("nie moge sie zalogowac do spotify", "spotify-app-steps"),
        ("Спотифай у кого-нибудь ещё не грузится?", "is-spotify-down"),
        ("SPOTIFY İÇİN REDİRECT URİ: localhost kabul etmiyor", "spotify-redirect-insecure"),
        ("spotify nao esta funcionando pra mais alguem", "is-spotify-down"),
        ("j'ai l'erreur no healthy upstream, ça veut dire quoi", "nhu-meaning"),
    ] {
        let found = faq.search(question);
        assert_eq!(
            found.hits.first().map(|hit| hit.entry.id.as_str()),
            Some(entry),
            "{question}: {:?}",
            found.why
        );
    }
}

#[test]
fn two_letters_in_the_wrong_order_are_a_typo() {
    let faq = Faq::builtin();
    for question in ["spotify says no healhty upstream", "spotify says no healthy upsrteam"] {
        assert_eq!(faq.search(question).hits[0].entry.id, "spotify-nhu", "{question}");
    }
}

#[test]
fn what_plays_another_services_music_is_not_answered_as_spotify() {
    let faq = Faq::builtin();
    for question in [
        "Error while loading a Yandex Music playlist in lavalink",
        "my lavalink bot fails on deezer playlists",
        "mopidy does not play tidal any more, error 401",
    ] {
        assert_ne!(faq.search(question).verdict, SearchVerdict::Answer, "{question}");
    }
    let question = "my lavalink bot does not play youtube: not success status code: 403";
    assert_eq!(faq.search(question).hits[0].entry.id, "music-bot-youtube");
}

#[test]
fn two_answers_that_are_about_as_likely_are_both_shown() {
    let faq = Faq::builtin();
    let search = faq.search("how should I retry when spotify returns 503, fixed delay or exponential?");
    assert_eq!(search.verdict, SearchVerdict::Suggest);
    assert!(search.hits.iter().any(|hit| hit.entry.id == "retry-backoff"));
}

#[test]
fn only_errors_of_other_services_get_the_visitor_answer() {
    let faq = Faq::builtin();
    for (question, name) in [
        ("claude code keeps saying no healthy upstream", "Claude"),
        ("grok upstream connect error", "Grok"),
        ("reddit no healthy upstream on my phone", "Reddit"),
    ] {
        let found = faq.search(question);
        assert_eq!(found.verdict, SearchVerdict::Answer, "{question}: {:?}", found.why);
        assert_eq!(found.service.map(|service| service.name.as_str()), Some(name), "{question}");
        assert!(found.hits[0].entry.visitor, "{question}");
    }
    for question in
        ["deezer not working", "yandex music playlist does not load", "how do i pull a model with ollama"]
    {
        let found = faq.search(question);
        assert!(found.verdict != SearchVerdict::Answer && !found.shows_best, "{question}: {:?}", found.why);
    }
}

#[test]
fn text_left_from_the_template_is_reported() {
    let template = include_str!("../../src/faq/entries/_template.md");
    let errors = Faq::builtin().overlay([("my-entry.md", template)]).unwrap_err();
    let report: String = errors.iter().map(|error| error.to_string() + "\n").collect();
    for what in [
        "“spotify does the thing” is still the template's",
        "the short answer” is still",
        "“What to do” is still",
    ] {
        assert!(report.contains(what), "{what}: {report}");
    }
}

#[test]
fn empty_field_offers_the_pinned_entries_in_order() {
    let faq = Faq::builtin();
    let offered = faq.suggest("  ");
    assert!((1..=CHOICES).contains(&offered.len()));
    assert!(offered.iter().all(|line| line.kind == SuggestionKind::Pinned));
    assert!(offered.is_sorted_by_key(|line| line.entry.pinned));
}

#[test]
fn autocomplete_ranks_exact_alias_title_then_text() {
    let faq = Faq::builtin();
    let first = &faq.suggest("spotify no healthy upstream")[0];
    assert_eq!((first.kind, first.entry.topic.name), (SuggestionKind::Exact, "spotify-nhu"));
    for typed in ["no heal", "spotify", "5", "healthy up", "tokn expired", "e"] {
        let offered = faq.suggest(typed);
        assert!(!offered.is_empty() && offered.len() <= CHOICES, "{typed}: {}", offered.len());
        assert!(offered.is_sorted_by_key(|line| line.kind), "{typed}");
        let ids: BTreeSet<&str> = offered.iter().map(|line| line.entry.id.as_str()).collect();
        assert_eq!(ids.len(), offered.len(), "no entry twice for {typed}");
    }
}

const OWN: &str = r#"```toml
id = "our-proxy"
topic = "envoy-nhu"
title = "Our own edge says “no healthy upstream”"
aliases = ["edge-7 is out of hosts"]
related = ["envoy-nhu"]
reviewed = 2026-11-20
sources = ["https://wiki.example.org/edge-7"]

[[fingerprint]]
all = ["edge-7", "no healthy upstream"]
rank = 99
says = "edge-7"
```

Edge-7 has no host left. Wake the on-call person.

## What it means
The pool behind edge-7
is empty.

## Is it you?
Us.

## What to do
1. Page the on-call person,
   and say which pool.
2. Wait.

## Don't
- Don't restart edge-7.
"#;

#[test]
fn operator_entry_is_added_and_wins_when_more_specific() {
    let ours = Faq::builtin();
    let theirs = ours.overlay([("faq/our-proxy.md", OWN), ("_notes.md", "not an entry")]).unwrap();
    assert_eq!(theirs.entries().len(), ours.entries().len() + 1);
    let found = theirs.diagnose("2026-11-20 edge-7: no healthy upstream");
    assert_eq!(found.findings[0].entry.id, "our-proxy");
    assert_eq!(found.findings[0].says, Some("edge-7"));
    let entry = theirs.entry("our-proxy").unwrap();
    assert_eq!(entry.meaning, "The pool behind edge-7 is empty.");
    assert_eq!(entry.steps, ["Page the on-call person, and say which pool.", "Wait."]);
    assert_eq!(entry.dont.as_deref(), Some("Don't restart edge-7."));

    let renamed = OWN.replace("our-proxy", "nhu-meaning").replace("related = [\"envoy-nhu\"]", "");
    let replaced = ours.overlay([("nhu-meaning.md", renamed)]).unwrap();
    assert_eq!(replaced.entries().len(), ours.entries().len());
    assert!(replaced.entry("nhu-meaning").unwrap().short.starts_with("Edge-7"));
}

#[test]
fn every_mistake_is_reported_at_once_with_line_and_fix() {
    let broken = OWN
        .replace("topic = \"envoy-nhu\"", "topic = \"envoy-nhuu\"")
        .replace("rank = 99", "rank = 0")
        .replace("https://wiki", "http://wiki")
        .replace("## Is it you?\nUs.\n", "## Is it me?\nUs. See https://example.org\n")
        .replace("2. Wait.", "Wait.\n3. Wait more.");
    let errors = Faq::builtin()
        .overlay([
            ("our-proxy.md", broken.as_str()),
            ("second.md", "# no head"),
            ("third.md", "```toml\nid = \n```\n"),
        ])
        .unwrap_err();
    let report: String = errors.iter().fold(String::new(), |all, error| all + &error.to_string() + "\n");
    expect![[r#"
        our-proxy.md: line 3: unknown topic “envoy-nhuu”; the nearest known one is “envoy-nhu”
        our-proxy.md: line 10: `rank` must be 1 to 100: the more specific, the higher
        our-proxy.md: line 22: unknown heading “## Is it me?”; known are: What it means · Is it you? · What to do · Don't · For developers · All causes
        our-proxy.md: line 23: a bare link makes Discord unfold a preview: write <https://…>, or name it in `sources`
        our-proxy.md: line 25: “## What to do” must be a numbered list and nothing else; write the step as “2. …” (indent its further lines), or move the text to “## For developers”
        our-proxy.md: line 31: “## Is it you?” is missing: add it
        second.md: line 1: an entry starts with a ```toml block that holds its head, closed by ```; see _template.md
        third.md: line 2: the head is not right: string values must be quoted, expected literal string
        third.md: line 1: “## What it means” is missing: add it
        third.md: line 1: “## Is it you?” is missing: add it
        third.md: line 1: “## What to do” is missing: add it
        third.md: line 1: the short answer is missing: write one or two sentences between the head and the first heading
    "#]]
    .assert_eq(&report);
}

#[test]
fn html_is_reported_with_its_line_outside_code() {
    let with = OWN
        .replace("title = \"Our own edge", "title = \"<b>Our</b> own edge")
        .replace(
            "is empty.",
            "is empty.<br>\nSee <https://wiki.example.org>, `<html>`, <t:1763650000:R>, 3 < 4.",
        )
        .replace("Us.\n", "Us.\n<!-- is it? -->\n</details>\n")
        + "\n## For developers\n```html\n<title>503</title>\n```\n";
    let errors = Faq::builtin().overlay([("our-proxy.md", with)]).unwrap_err();
    let report: String = errors.iter().fold(String::new(), |all, error| all + &error.to_string() + "\n");
    expect![[r#"
        our-proxy.md: line 4: Discord does not draw HTML: leave <b> out
        our-proxy.md: line 20: Discord does not draw HTML: write `<br>` in backticks or leave it out
        our-proxy.md: line 25: Discord does not draw HTML: write `<!-- is it? -->` in backticks or leave it out
        our-proxy.md: line 26: Discord does not draw HTML: write `</details>` in backticks or leave it out
    "#]].assert_eq(&report);
}

#[test]
fn too_long_section_is_reported_at_its_limit() {
    let line = format!("{}\n", "word ".repeat(30).trim_end());
    let with = OWN
        .replace("Edge-7 has no host left. ", &format!("Edge-7 has no host left. {}\n", "x".repeat(250)))
        .replace("is empty.\n", &format!("is empty.\n{}", line.repeat(4)))
        .replace("Us.\n", &format!("Us.\n{}", line.repeat(6)))
        .replace("2. Wait.", "2. Wait.\n3. Wait.\n4. Wait.")
        .replace(
            "aliases = [\"edge-7 is out of hosts\"]",
            &format!("aliases = [\n  \"a\",\n  \"{}\",\n]", "b".repeat(101)),
        )
        + &format!("\n## For developers\n{}", line.repeat(30));
    let errors = Faq::builtin().overlay([("our-proxy.md", with)]).unwrap_err();
    let report: String = errors.iter().fold(String::new(), |all, error| all + &error.to_string() + "\n");
    expect![[r#"
        our-proxy.md: line 7: an alias has 101 characters, at most 100: shorten it
        our-proxy.md: line 19: the short answer has 300 characters, at most 240: shorten it from here on
        our-proxy.md: line 28: “## What it means” has 632 characters, at most 500: shorten it from here on
        our-proxy.md: line 31: what a public answer shows (title to “Don't”) has 1963 characters, at most 1300: shorten it, first its longest section, which starts here
        our-proxy.md: line 39: “## What to do” has 4 steps: give one to 3
        our-proxy.md: line 50: “For developers”, “All causes” and the sources together have 4530 characters, at most 3800: shorten them, first the longer section, which starts here
    "#]].assert_eq(&report);
}

#[test]
fn mistakes_across_entries_are_reported_too() {
    let twin = OWN.replace("our-proxy", "twin").replace("[\"envoy-nhu\"]", "[\"nowhere\"]");
    let errors = Faq::read([("our-proxy.md", OWN), ("twin.md", twin.as_str())]).unwrap_err();
    let report: String = errors.iter().fold(String::new(), |all, error| all + &error.to_string() + "\n");
    expect![[r#"
        our-proxy.md: line 2: `related` names “envoy-nhu”, which is no entry: fix the id or remove it
        twin.md: line 2: `related` names “nowhere”, which is no entry: fix the id or remove it
        twin.md: line 2: “Our own edge says “no healthy upstream”” asks the same as “Our own edge says “no healthy upstream”” of our-proxy.md: keep it in one of them
        twin.md: line 2: “edge-7 is out of hosts” asks the same as “edge-7 is out of hosts” of our-proxy.md: keep it in one of them
    "#]]
    .assert_eq(&report);
}

#[test]
fn entry_written_on_windows_reads_the_same() {
    let unix = FaqEntry::parse("our-proxy.md", OWN).unwrap();
    let windows =
        FaqEntry::parse("C:\\faq\\our-proxy.md", &format!("\u{feff}{}", OWN.replace('\n', "\r\n"))).unwrap();
    assert_eq!((unix.short, unix.steps, unix.yours), (windows.short, windows.steps, windows.yours));
}

#[test]
fn every_translation_is_valid_and_in_a_known_language() {
    let faq = Faq::builtin();
    assert_eq!(faq.check_translations(), []);
    let tags: BTreeSet<&str> = Language::all().map(Language::tag).filter(|tag| *tag != "en").collect();
    for (name, _) in Faq::builtin_translations() {
        assert!(name.split_once('/').is_some_and(|(tag, _)| tags.contains(tag)), "{name}");
    }
    for tag in tags {
        let theirs = faq.in_language(tag).entry("spotify-nhu").expect("an entry");
        assert_eq!(theirs.language.as_deref(), Some(tag));
    }
}

#[test]
fn entries_are_found_by_translation_and_by_english() {
    let faq = Faq::builtin();
    for (tag, question) in [
        ("de", "ist spotify gerade gestört?"),
        ("de", "spotify geht nicht"),
        ("es-ES", "se ha caído spotify"),
        ("fr", "spotify est en panne"),
        ("ja", "spotify 落ちてる"),
        ("pt-BR", "o spotify caiu?"),
        ("de", "is spotify down"),
    ] {
        let theirs = faq.in_language(tag);
        let found = theirs.search(question);
        let first = found.hits.first().map(|hit| (hit.entry.id.as_str(), hit.entry.language.as_deref()));
        assert_eq!(first, Some(("is-spotify-down", Some(tag))), "{tag}: {question}: {:?}", found.verdict);
        let offered = theirs.suggest(question.trim_end_matches('?'));
        assert!(offered.iter().any(|line| line.entry.id == "is-spotify-down"), "{tag}: {question}");
    }
    let german = faq.in_language("de");
    assert_eq!(german.entries().len(), faq.entries().len());
    assert_eq!(german.entry("envoy-nhu").and_then(|entry| entry.language.as_deref()), None);
    let found = german.diagnose("spotify: 503 no healthy upstream");
    assert_eq!(found.findings[0].entry.language.as_deref(), Some("de"));
    let klingon = faq.in_language("tlh").entry("spotify-nhu").expect("an entry");
    assert_eq!(klingon.language, None, "there is no translation");
}

const TRANSLATED: &str = r#"```toml
id = "our-proxy"
title = "Unser Rand sagt „no healthy upstream“"
aliases = ["edge-7 hat keine server mehr"]
reviewed = 2026-11-20
```
Edge-7 hat keine Server mehr.

## What it means
Der Pool hinter edge-7 ist leer.

## Is it you?
Wir.

## What to do
1. Ruf die Bereitschaft.
"#;

#[test]
fn operator_translations_replace_the_built_in_ones() {
    let ours = Faq::builtin();
    let theirs = ours.overlay([("our-proxy.md", OWN), ("de/our-proxy.md", TRANSLATED)]).unwrap();
    let entry = theirs.in_language("de").entry("our-proxy").expect("an entry");
    assert_eq!(entry.short, "Edge-7 hat keine Server mehr.");
    assert_eq!(entry.sources, theirs.entry("our-proxy").expect("an entry").sources);
    assert!(
        theirs.in_language("de").entry("spotify-nhu").expect("an entry").language.is_some(),
        "ours stays"
    );

    let renamed = OWN.replace("our-proxy", "is-spotify-down").replace("related = [\"envoy-nhu\"]", "");
    let replaced = ours.overlay([("is-spotify-down.md", renamed)]).unwrap();
    let entry = replaced.in_language("de").entry("is-spotify-down").expect("an entry");
    assert!(entry.short.starts_with("Edge-7"), "{}", entry.short);

    let wrong = TRANSLATED.replace("reviewed", "topic = \"envoy-nhu\"\nreviewed");
    let errors = ours.overlay([("de/our-proxy.md", TRANSLATED)]).unwrap_err();
    let more = ours.overlay([("our-proxy.md", OWN), ("de/our-proxy.md", &wrong)]).unwrap_err();
    let report = errors.iter().chain(&more).map(ToString::to_string).collect::<Vec<_>>().join("\n");
    expect![[r#"
        de/our-proxy.md: line 1: there is no such entry to translate: a translation has the name of its entry
        de/our-proxy.md: line 5: the head is not right: unknown field `topic`, expected one of `id`, `title`, `aliases`, `keywords`, `reviewed`"#]].assert_eq(&report);
}
