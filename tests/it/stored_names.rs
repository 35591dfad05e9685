//! Names that are stored or read outside, as literals: renaming a Rust item must not change them.
//!
//! Fields and variants are read from serde's own tables, so a new one shows up here without a sample of it.

use std::fmt::Write as _;

use expect_test::expect;
use healthy_upstream::health::detector_state::{DetectorState, PageIncidentState, TrackedOutage};
use healthy_upstream::health::probe_history::{ProbeHistory, Sample, SampleKind, SourceHistory};
use healthy_upstream::health::success_window::SuccessWindow;
use healthy_upstream::health::{self, Level, Outage};
use healthy_upstream::probe::{SourceConfig, SourceKind, TransportError};
use healthy_upstream::throttle::RateLimitHold;
use healthy_upstream::{alerts, store};
use serde::de::value::{Error, U64Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

/// Collects a type's names without reading data; with `variant`, the fields of that variant.
struct Names<'a> {
    found: &'a mut Vec<&'static str>,
    variant: Option<u64>,
}

impl Names<'_> {
    fn note<T>(self, names: &'static [&'static str]) -> Result<T, Error> {
        self.found.extend(names);
        Err(Error::custom("the names were asked for"))
    }

    fn nothing<T>() -> Result<T, Error> {
        Err(Error::custom("it has no names"))
    }
}

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Self::nothing()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.note(fields)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.variant.is_some() { visitor.visit_enum(self) } else { self.note(variants) }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Names<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let index: U64Deserializer<Error> = self.variant.unwrap_or_default().into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Names<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Self::nothing()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        Self::nothing()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Self::nothing()
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.note(fields)
    }
}

/// The names of a type's fields or variants, and of the fields of its variants.
fn names<'de, T: Deserialize<'de>>() -> String {
    let mut of_type = Vec::new();
    let _ = T::deserialize(Names { found: &mut of_type, variant: None });
    let mut text = String::new();
    for (index, name) in of_type.iter().enumerate() {
        let mut fields = Vec::new();
        let _ = T::deserialize(Names { found: &mut fields, variant: Some(index as u64) });
        let of_variant = if fields == of_type { String::new() } else { format!("({})", fields.join(" ")) };
        let _ = write!(text, " {name}{}", if of_variant == "()" { "" } else { &of_variant });
    }
    text
}

macro_rules! table {
    ($($what:literal: $type:ty),* $(,)?) => {
        [$(format!("{}:{}", $what, names::<$type>())),*].join("\n")
    };
}

#[test]
fn stored_outages_keep_their_names() {
    let names = table! {
        "outage": Outage,
        "kind of outage": health::OutageKind,
        "service": health::ServiceImpact,
        "page": health::PageReport,
        "entry of the timeline": health::TimelineEntry,
        "what happened": health::TimelineEvent,
        "event": health::OutageEvent,
        "kind of event": health::EventKind,
        "update": health::Update,
        "failure": health::Failure,
        "kind of failure": health::FailureKind,
        "level": Level,
        "uptime": health::UptimeBucket,
        "bucket": health::BucketSize,
        "counts": health::ProbeCounts,
    };
    expect![[r#"
        outage: id kind level worst since until services seen page flaps folded ongoing_at_first_look timeline revision
        kind of outage: outage maintenance
        service: level worst since until symptom failed_looks part slow flaps
        page: incident name state text first_said last_said closed withdrawn link
        entry of the timeline: at what
        what happened: first_bad_look(service symptom) told became(service level) first_good_look(service) page_said(state text) page_withdrew reopened flapping ended
        event: at kind outage why
        kind of event: started updated ended maintenance_started maintenance_ended flapping
        update: joined back worse better page_spoke confirmed page_closed reopened counted
        failure: class status detail
        kind of failure: no_healthy_upstream upstream_connect upstream_timeout envoy_empty edge_error api_server_error server_error empty tls_expired tls dns connect timeout reset
        level: unknown up maintenance degraded outage
        uptime: service span from looks
        bucket: slot day
        counts: good degraded bad unknown"#]].assert_eq(&names);
}

#[test]
fn stored_watcher_state_keeps_its_names() {
    let names = table! {
        "state": DetectorState,
        "outage": TrackedOutage,
        "incident": PageIncidentState,
        "history": ProbeHistory,
        "history of a source": SourceHistory,
        "sample": Sample,
        "kind of sample": SampleKind,
        "window": SuccessWindow,
        "page": health::Page,
        "component": health::Component,
        "incident of a page": health::PageIncident,
        "update of an incident": health::PageUpdate,
        "state of an incident": health::IncidentState,
        "maintenance of a page": health::PageMaintenance,
        "state of a maintenance": health::MaintenanceState,
    };
    expect![[r#"
        state: looks last_look gathering_since cases pages pages_read notices red names levels
        outage: outage announced sighted back told_level comebacks lines folded
        incident: source kind id print state level services from until outage absent absent_since closed last_seen
        history: sources answered
        history of a source: marks row_since was_good looked took took_good said symptom refused_until certificate_expires hour
        sample: at tone
        kind of sample: good slow bad cut
        window: buckets
        page: name url level headline copy_age components incidents maintenances
        component: id name level
        incident of a page: id name state impact began resolved updates components link
        update of an incident: id state text at
        state of an incident: unknown investigating identified monitoring resolved in_progress verifying shown
        maintenance of a page: id name state from until components link word text said
        state of a maintenance: unknown scheduled running completed"#]].assert_eq(&names);
}

#[test]
fn stored_alerts_keep_their_names() {
    let names = table! {
        "subscription": alerts::Subscription,
        "kind of channel": alerts::ChannelKind,
        "services": alerts::ServiceFilter,
        "severity": alerts::Severity,
        "events": alerts::EventFilter,
        "mode": alerts::UpdateMode,
        "paused": alerts::Suspension,
        "announcement": alerts::Announcement,
        "audience": alerts::Audience,
        "delivery": alerts::Delivery,
        "posts of an outage": alerts::NotificationLogEntry,
        "delay": alerts::Delay,
        "mentions": alerts::MentionProgress,
        "who waits": alerts::RecoverySubscriber,
        "live message": store::LiveStatusMessage,
        "votes": store::Votes,
        "question": store::UnansweredQuestion,
        "rate limit": RateLimitHold,
    };
    expect![[r#"
        subscription: guild channel venue services least events roles mode quiet publish reminders weekly language since paused acknowledged acknowledged_outages
        kind of channel: text announcement forum thread
        services: all only
        severity: outages slowdowns
        events: start worse end maintenance
        mode: edit posts thread
        paused: since why retry tries
        announcement: id event audience considered
        audience: subscribers preview catch_up reminder
        delivery: id announcement outage guild channel attempts first_tried due last_error waiting_since given_up
        posts of an outage: start thread end flapping revision reminders last said newest in_doubt title level services page mentioned start_late end_late
        delay: known by
        mentions: by people
        who waits: guild channel person message direct language
        live message: guild channel message language former ended
        votes: entry helped did_not
        question: text asked
        rate limit: host credential source until why"#]].assert_eq(&names);
}

#[test]
fn json_output_and_configuration_keep_their_names() {
    let names = table! {
        "status": health::StatusSnapshot,
        "service": health::ServiceView,
        "source": health::SourceView,
        "page": health::PageView,
        "error in a recording": TransportError,
        "[[source]]": SourceConfig,
        "kind of source": SourceKind,
    };
    expect![[r#"
        status: at display location services sources page open own_network_down_since reports next_check interval answered_at
        service: name display level since checked_at took good_share symptom reasons
        source: name checked_at took said refused_until certificate_expires
        page: name url level headline read problem incidents maintenances components
        error in a recording: dns connect tls tls_expired timeout reset body_too_large
        [[source]]: name url kind method form expect service tokened at_most_every ignored_components enabled display
        kind of source: probe page control"#]]
    .assert_eq(&names);
}
