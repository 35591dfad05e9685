//! Text that Discord shows without Markdown: labels of menus, suggestions, names of threads, the presence.

use healthy_upstream::chat::announce::{RenderContext, thread_name};
use healthy_upstream::chat::{ActionRow, message::MenuKind};
use healthy_upstream::commands::{Facts, Input, Response, find};
use healthy_upstream::i18n::Language;

use crate::fixtures::{ask, at, catalog, decide, ended, facts, outage, typed, well};

/// A service that an operator named with marks that Markdown would read.
fn named() -> Facts {
    let mut catalog = catalog();
    catalog.services[0].display = "Web_API [v2] (EU)".into();
    let mut facts = facts(well("18:00:00"));
    facts.outages = vec![ended(outage(), "15:45:00")];
    facts.catalog = std::sync::Arc::new(catalog);
    facts
}

#[test]
fn menus_show_plain_names_and_text_escapes_them() {
    let facts = named();
    let Ok(Response::Say(reply)) = decide(&typed("outages", &[]), &facts) else { panic!("an answer") };
    assert!(reply.message.text.contains(r"Web\_API \[v2\] \(EU\)"), "{}", reply.message.text);
    let menu = reply.message.rows.iter().find_map(|row| match row {
        ActionRow::Menu(menu) => Some(&menu.of),
        ActionRow::Buttons(_) => None,
    });
    let Some(MenuKind::Choices(choices)) = menu else { panic!("a menu") };
    assert_eq!(choices[0].label, "2025-04-16 Spotify Web_API [v2] (EU): down for 3 h 25 min");
    let typing = Input::Autocomplete { subcommand: None, option: "id".into(), text: "web".into() };
    let suggested = find("outages").expect("a command").suggest(&ask("outages", typing), &facts);
    assert!(suggested.iter().all(|choice| !choice.label.contains('\\')), "{suggested:?}");
}

#[test]
fn thread_name_contains_the_service_name_unescaped() {
    let facts = named();
    let context = RenderContext::new(&facts.catalog, Language::ENGLISH, at("13:00:00"));
    assert_eq!(thread_name(&outage(), &context), "🔴 Spotify Web_API [v2] (EU) is down");
}
