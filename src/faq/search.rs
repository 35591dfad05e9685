//! Free text to entries, or an honest "I do not know this one".
//!
//! Three kinds of evidence are added up in one currency, the rarity of the words that agree (their *mass*): words that
//! an entry uses, phrases (titles and aliases) that the question repeats, and fingerprints that it quotes.

use std::collections::HashSet;

use super::{
    Faq, diagnose::CERTAIN, entry::FaqEntry, fuel::Fuel, lexicon::Lexicon, paste::Paste, terms,
    topics::TopicPath,
};

/// The most hits of an answer: what a menu under it can show without scrolling on a phone.
pub const HITS: usize = 5;

/// How sure the FAQ is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchVerdict {
    /// The first hit answers the question.
    Answer,
    /// One of the hits may answer it.
    Suggest,
    /// The FAQ does not know this one; there are no hits.
    None,
}

impl SearchVerdict {
    /// The word for it in `--json`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Suggest => "suggest",
            Self::None => "none",
        }
    }
}

/// What a question found.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// How sure the FAQ is.
    pub verdict: SearchVerdict,
    /// At most [`HITS`], best first.
    pub hits: Vec<SearchHit<'a>>,
    /// Whether "where did you see it?" would help: the question names no product, and the best hits differ in it.
    pub ask_where: bool,
}

/// One entry that was found.
#[derive(Debug, Clone, Copy)]
pub struct SearchHit<'a> {
    pub entry: &'a FaqEntry,
    /// The mass that speaks for it; comparable within one search only.
    pub score: f32,
}

// The numbers below were set on tests/data/faq/tune.jsonl and are measured on report.jsonl by tests/it/faq_measure.rs.

/// The mass of a fingerprint of rank 100.
const FINGERPRINT: f32 = 10.0;
/// What is left of an entry's mass when the question names products of another place.
const ELSEWHERE: f32 = 0.55;
const NEARBY: f32 = 0.9;
const ANYWHERE: f32 = 0.85;
/// The belief under which nothing is said, and from which the first hit may be the answer: without a fingerprint, and
/// with one.
const SUGGEST_FROM: f32 = 1.25;
/// The same for a question without any word of trouble.
const SUGGEST_CALM_FROM: f32 = 1.6;
const ANSWER_FROM: f32 = 5.0;
/// The same for a question without any word of trouble.
const CALM_FROM: f32 = 13.0;
const CERTAIN_FROM: f32 = 2.2;
/// How much the first hit must lead the first one about something else to be the answer.
const ANSWER_LEAD: f32 = 1.15;
/// A hit with this part of the first one's mass is as likely.
const CLOSE: f32 = 0.65;
impl Faq {
    /// Finds the entries that answer a question: a few words, a sentence, or a story with an error pasted into it.
    pub fn search(&self, question: &str) -> Search<'_> {
        let asked = self.index.read(question);
        let mut support = self.index.weigh(&asked);
        let mut certain = vec![false; self.entries.len()];
        // Nothing of the question is quoted, so its secrets need not be taken out first.
        let found = self.recognise(&Paste::read(question), &mut Fuel::endless());
        for found in found.unwrap_or_default() {
            let mass = FINGERPRINT * f32::from(found.rank) / 100.0;
            let support = &mut support[found.entry];
            support.mass += mass;
            if found.only_names {
                support.names += mass;
            } else {
                certain[found.entry] |= found.rank >= CERTAIN;
            }
        }
        for (support, entry) in support.iter_mut().zip(&self.entries) {
            let fit = fit(entry.topic.place, &asked.places);
            support.mass *= fit;
            support.names *= fit;
        }
        let mass = |at: usize| support[at].mass;
        let mut order: Vec<usize> = (0..self.entries.len()).filter(|at| mass(*at) > 0.0).collect();
        order.sort_by(|a, b| mass(*b).total_cmp(&mass(*a)).then(a.cmp(b)));
        let Some(&first) = order.first() else { return Search::none() };
        let rival = order
            .iter()
            .find(|at| self.entries[**at].topic != self.entries[first].topic)
            .map_or(0.0, |at| mass(*at));
        let belief = support[first].belief();
        let manner = Lexicon::builtin().manner(&terms::split(question));
        let foreign = manner.elsewhere && asked.places.is_empty();
        let bare_name = !certain[first] && support[first].is_bare_name();
        let (nearest, needed) = match (certain[first], manner.trouble) {
            (true, _) => (0.0, CERTAIN_FROM),
            (false, true) => (SUGGEST_FROM, ANSWER_FROM),
            (false, false) => (SUGGEST_CALM_FROM, CALM_FROM),
        };
        let verdict = if belief < nearest {
            return Search::none();
        } else if belief >= needed
            && !(manner.wish || foreign || bare_name)
            && mass(first) >= rival * ANSWER_LEAD
        {
            SearchVerdict::Answer
        } else {
            SearchVerdict::Suggest
        };
        let hits: Vec<SearchHit<'_>> = order
            .iter()
            .take(HITS)
            .map(|at| SearchHit { entry: &self.entries[*at], score: mass(*at) })
            .collect();
        // Also those that the list has no room for.
        let close: HashSet<TopicPath> = order
            .iter()
            .take_while(|at| mass(**at) >= mass(first) * CLOSE)
            .map(|at| self.entries[*at].topic.place)
            .collect();
        Search { verdict, ask_where: asked.places.is_empty() && close.len() > 1, hits }
    }
}

impl Search<'_> {
    fn none() -> Self {
        Self { verdict: SearchVerdict::None, hits: Vec::new(), ask_where: false }
    }
}

/// How well an entry's place fits the places that a question names.
fn fit(place: TopicPath, named: &HashSet<TopicPath>) -> f32 {
    if named.is_empty() || named.contains(&place) {
        1.0
    } else if place == TopicPath::Anywhere {
        ANYWHERE
    } else if place == TopicPath::Spotify
        || named.iter().all(|named| matches!(named, TopicPath::Spotify | TopicPath::VCenter))
        || place == TopicPath::VCenter
    {
        ELSEWHERE
    } else {
        NEARBY
    }
}
