//! What tests are about: instants, the catalog, and the outage of 16 April 2025 at any of its moments.

use std::collections::BTreeMap;
use std::sync::Arc;

use healthy_upstream::chat::{ActionRow, Button, Message, Modal, Reply, Visibility, limits};
use healthy_upstream::commands::{
    self, Context, Facts, Input, Invocation, Invoker, OptionValue, Response, UserError,
};
use healthy_upstream::faq::Faq;
use healthy_upstream::health::{
    Failure, FailureKind, IncidentState, Level, Outage, OutageId, OutageKind, PageIncident, PageReport,
    PageUpdate, PageView, Service, ServiceCatalog, ServiceImpact, ServiceView, SourceName, SourceView,
    StatusSnapshot, TimelineEntry, TimelineEvent,
};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};
use jiff::{SignedDuration, Timestamp};

/// An instant of the day on which all tests happen, `12:20` or `12:20:05`; or a whole instant.
pub(crate) fn at(time: &str) -> Timestamp {
    match time.len() {
        5 => format!("2025-04-16T{time}:00Z"),
        8 => format!("2025-04-16T{time}Z"),
        _ => time.to_owned(),
    }
    .parse()
    .expect("an instant")
}

/// The built-in catalog.
pub(crate) fn catalog() -> ServiceCatalog {
    let service = |name: &str, display: &str, sources: &[&str]| Service {
        name: name.into(),
        display: display.to_owned(),
        sources: sources.iter().map(|source| SourceName::from(*source)).collect(),
        components: vec![],
        needs: None,
    };
    ServiceCatalog {
        display: "Spotify".to_owned(),
        whole: "spotify".into(),
        services: vec![
            service("web-api", "Web API", &["web-api", "web-api-search"]),
            service("login", "Login & tokens", &["accounts", "accounts-discovery"]),
            service("apps", "Desktop & mobile apps", &["client-bootstrap"]),
            service("web-player", "Web player", &["web-player"]),
        ],
        pages: vec!["status-page".into()],
        connectivity_checks: Some("control".into()),
        ignored_components: vec!["Visit www.githubstatus.com for more information".to_owned()],
        location: "Frankfurt".to_owned(),
        page_hosts: vec!["spotify.statuspage.io".into()],
        vendors: vec![],
        more_controls: vec![],
    }
}

pub(crate) fn failure() -> Failure {
    Failure { class: FailureKind::NoHealthyUpstream, status: Some(503), detail: "no healthy upstream".into() }
}

/// A snapshot in which every service is up at this time.
pub(crate) fn well(time: &str) -> StatusSnapshot {
    let view = |name: &str, display: &str, ms: i64| ServiceView {
        name: name.into(),
        display: display.into(),
        level: Level::Up,
        since: None,
        checked_at: Some(at(time)),
        took: Some(SignedDuration::from_millis(ms)),
        good_share: Some(1.0),
        failure: None,
        reasons: Vec::new(),
    };
    StatusSnapshot {
        at: at(time),
        display: "Spotify".into(),
        location: "Frankfurt".into(),
        services: vec![
            view("web-api", "Web API", 41),
            view("login", "Login & tokens", 96),
            view("apps", "Desktop & mobile apps", 38),
            view("web-player", "Web player", 120),
        ],
        sources: vec![SourceView {
            name: "web-api".into(),
            checked_at: Some(at(time)),
            took: Some(SignedDuration::from_millis(41)),
            said: "healthy".into(),
            refused_until: None,
            certificate_expires: None,
        }],
        page: Some(PageView {
            name: "Spotify".into(),
            url: "https://spotify.statuspage.io".into(),
            level: Level::Up,
            headline: "All Systems Operational".into(),
            read: Some(at(time)),
            problem: None,
            incidents: Vec::new(),
            maintenances: Vec::new(),
            components: Vec::new(),
        }),
        open: Vec::new(),
        answered: Some(at(time)),
        own_network_down_since: None,
        reports: 0,
        next_check: Some(at(time) + SignedDuration::from_secs(30)),
        interval: Some(SignedDuration::from_secs(30)),
    }
}

/// How a service fails since an instant.
pub(crate) fn impact(since: Timestamp, level: Level, failure: Failure) -> ServiceImpact {
    ServiceImpact {
        level,
        worst: level,
        since,
        until: None,
        failure: Some(failure),
        failed_probes: 3,
        part: None,
        slow: None,
        flaps: 0,
    }
}

/// An outage of no service, since an instant.
pub(crate) fn bare_outage(id: &str, since: Timestamp) -> Outage {
    Outage {
        id: OutageId(id.to_owned()),
        kind: OutageKind::Outage,
        level: Level::Outage,
        worst: Level::Outage,
        since,
        until: None,
        services: BTreeMap::new(),
        seen: Some(since),
        page: Vec::new(),
        flaps: 0,
        flapping: false,
        ongoing_at_first_probe: false,
        timeline: Vec::new(),
        revision: 1,
    }
}

/// An outage of the Web API, since an instant.
pub(crate) fn outage_since(since: Timestamp) -> Outage {
    let id = since.strftime("web-api-%Y%m%dT%H%M%SZ").to_string();
    let services = BTreeMap::from([("web-api".into(), impact(since, Level::Outage, failure()))]);
    Outage { services, ..bare_outage(&id, since) }
}

/// The Web API is down since 12:20:05; announced at 12:20:50.
pub(crate) fn outage() -> Outage {
    let first = TimelineEvent::FirstFailedProbe { service: "web-api".into(), failure: failure() };
    let timeline = vec![
        TimelineEntry { at: at("12:20:05"), what: first },
        TimelineEntry { at: at("12:20:50"), what: TimelineEvent::Reported },
    ];
    Outage { timeline, ..outage_since(at("12:20:05")) }
}

/// The page's voice about it: it said "Investigating" at 12:45, and its state is `state` now.
pub(crate) fn page_spoke(mut outage: Outage, state: IncidentState) -> Outage {
    let said = at("12:45:00");
    outage.page.push(PageReport {
        incident: "abc".into(),
        name: "Issues with Spotify".into(),
        state,
        text: "We're aware of some issues right now and are checking them out!".into(),
        first_said: said,
        last_said: said,
        closed: None,
        withdrawn: false,
        link: Some("https://stspg.io/abc".into()),
    });
    let what = TimelineEvent::PageSaid { state: IncidentState::Investigating, text: String::new() };
    outage.timeline.push(TimelineEntry { at: said, what });
    outage.revision += 1;
    outage
}

/// It ends at this time.
pub(crate) fn ended(mut outage: Outage, time: &str) -> Outage {
    outage.until = Some(at(time));
    outage.level = Level::Up;
    for hit in outage.services.values_mut() {
        hit.until = Some(at(time));
        hit.level = Level::Up;
    }
    outage.timeline.push(TimelineEntry {
        at: at(time),
        what: TimelineEvent::FirstGoodProbe { service: "web-api".into() },
    });
    outage.timeline.push(TimelineEntry { at: at(time), what: TimelineEvent::Ended });
    outage.revision += 1;
    outage
}

/// Another service is hit too.
pub(crate) fn hits_too(mut outage: Outage, service: &str, level: Level, time: &str) -> Outage {
    let failure = Failure { class: FailureKind::Timeout, status: None, detail: String::new() };
    outage.services.insert(service.into(), impact(at(time), level, failure));
    outage.revision += 1;
    outage
}

/// The snapshot during an outage.
pub(crate) fn during(outage: &Outage, time: &str) -> StatusSnapshot {
    let mut snapshot = well(time);
    for view in &mut snapshot.services {
        if let Some(hit) = outage.services.get(&view.name).filter(|hit| hit.until.is_none()) {
            view.level = hit.level;
            view.since = Some(hit.since);
            view.failure.clone_from(&hit.failure);
            view.took = None;
            view.good_share = Some(0.0);
        }
    }
    for voice in &outage.page {
        let page = snapshot.page.as_mut().expect("the page is in the picture");
        page.level = Level::Degraded;
        page.headline = "Partial System Outage".into();
        page.incidents.push(PageIncident {
            id: voice.incident.clone(),
            name: voice.name.clone(),
            state: voice.state,
            impact: Level::Degraded,
            began: Some(voice.first_said),
            resolved: None,
            updates: vec![PageUpdate {
                id: "1".into(),
                state: voice.state,
                text: voice.text.clone(),
                at: Some(voice.last_said),
            }],
            components: Vec::new(),
            link: None,
        });
    }
    snapshot.open.push(outage.clone());
    snapshot
}

/// The facts for a reply, with this snapshot.
pub(crate) fn facts(snapshot: StatusSnapshot) -> Facts {
    let facts = Facts::in_memory(snapshot.at, Arc::new(snapshot), Arc::new(catalog()), Faq::builtin());
    Facts { version: "0.1.0", ..facts }
}

/// Every permission that a bot needs anywhere.
pub(crate) const ALL_PERMISSIONS: u64 = commands::permissions::INVITE;

/// A command by a member of a server, in its channel 30.
pub(crate) fn ask(command: &str, input: Input) -> Invocation {
    Invocation {
        id: InteractionId(1),
        command: command.into(),
        input,
        invoker: Invoker {
            id: UserId(40),
            roles: Vec::new(),
            administers: false,
            manages_channels: false,
            manages_messages: false,
            mentions_everyone: false,
        },
        context: Context::Server {
            guild: GuildId(20),
            channel: ChannelId(30),
            parent: None,
            may: ALL_PERMISSIONS,
            member: true,
            language: Some(Language::ENGLISH),
        },
        language: Language::ENGLISH,
        app_permissions: BTreeMap::new(),
    }
}

/// `typed("status", &[("service", "Web API")])`; a subcommand follows a space: `alerts list`.
pub(crate) fn typed(command: &str, options: &[(&str, &str)]) -> Invocation {
    let options =
        options.iter().map(|(name, text)| ((*name).to_owned(), OptionValue::Text((*text).to_owned())));
    let (command, subcommand) =
        command.split_once(' ').map_or((command, None), |(name, sub)| (name, Some(sub)));
    let input = Input::Command { subcommand: subcommand.map(str::to_owned), options: options.collect() };
    ask(command, input)
}

/// A press on a message of the bot: `pressed("status:refresh", &[])`.
pub(crate) fn pressed(action: &str, values: &[&str]) -> Invocation {
    let (command, action) = action.split_once(':').expect("a command and an action");
    let input = Input::Component {
        action: action.into(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        mentionable: Vec::new(),
        message: Some(MessageId(50)),
        ours: true,
        asked_by: Some(UserId(40)),
    };
    ask(command, input)
}

/// The same command by a moderator.
pub(crate) fn by_moderator(mut asked: Invocation) -> Invocation {
    asked.invoker.manages_channels = true;
    asked.invoker.manages_messages = true;
    asked
}

pub(crate) fn decide(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    commands::find(&asked.command).expect("a command of ours").answer(asked, facts)
}

/// What the invoker reads in reply.
pub(crate) fn read(asked: &Invocation, facts: &Facts) -> String {
    match decide(asked, facts) {
        Ok(decision) => shown(&decision),
        Err(misuse) => format!("[misuse] {misuse}"),
    }
}

fn shown(decision: &Response) -> String {
    match decision {
        Response::Say(reply) => reply_shown(reply),
        Response::Change(asked) => {
            let change = format!("{:?}", asked.change);
            let name = change.split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
            format!("[change] {name}\n{}", reply_shown(&asked.stored))
        }
        Response::Ask(form) => form_shown(form),
        Response::Delete { message, .. } => format!("[delete] message {message}"),
        Response::Nothing => "[nothing]".to_owned(),
    }
}

fn form_shown(form: &Modal) -> String {
    let fields =
        form.fields.iter().map(|field| format!("\n  {} ({}): {}", field.label, field.name, field.hint));
    format!("[form {}] {}{}", form.action, form.title, fields.collect::<String>())
}

fn reply_shown(reply: &Reply) -> String {
    let place = match reply.visibility {
        Visibility::Public => "public",
        Visibility::Private => "private",
        Visibility::InPlace => "in place",
    };
    // Invisible characters are spelled out, so that a snapshot shows them.
    format!("[{place}] {}", message_shown(&reply.message).replace('\u{200b}', "⟨zero width⟩"))
}

/// A message as people see it, its buttons below; fails where Discord would refuse it.
pub(crate) fn message_shown(message: &Message) -> String {
    assert_eq!(limits::broken(message), Vec::<String>::new(), "{}", message.text);
    let mut shown = message.text.clone();
    for row in &message.rows {
        shown.push_str("\n[");
        match row {
            ActionRow::Buttons(buttons) => {
                let labels = buttons.iter().map(|button| match button {
                    Button::Ask { label, disabled, .. } if *disabled => format!("({label})"),
                    Button::Ask { label, .. } => label.clone(),
                    Button::Link { label, .. } => format!("{label} ↗"),
                });
                shown.push_str(&labels.collect::<Vec<_>>().join(" | "));
            }
            ActionRow::Menu(menu) => shown += &format!("▾ {}", menu.hint),
        }
        shown.push(']');
    }
    if !message.mentions.roles.is_empty() || !message.mentions.people.is_empty() {
        shown +=
            &format!("\n[pings roles {:?}, people {:?}]", message.mentions.roles, message.mentions.people);
    }
    shown
}
