//! Free text to entries, or an honest "I do not know this one".
//!
//! Three kinds of evidence are added up in one currency, the rarity of the words that agree (their *mass*): words that
//! an entry uses, phrases (titles and aliases) that the question repeats, and fingerprints that it quotes.
//!
//! Never: no list of questions and their answers; what an entry answers stands in the entry.

use std::collections::HashSet;

use super::{
    Handbook,
    diagnose::CERTAIN,
    entry::Entry,
    fuel::Fuel,
    lexicon::{Lexicon, Service},
    paste::Paste,
    terms,
    topics::Place,
};

/// The most hits of an answer: what a menu under it can show without scrolling on a phone.
pub const HITS: usize = 5;

/// How sure the handbook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The first hit answers the question.
    Answer,
    /// One of the hits may answer it.
    Suggest,
    /// The handbook does not know this one; there are no hits.
    None,
}

impl Verdict {
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
    /// How sure the handbook is.
    pub verdict: Verdict,
    /// At most [`HITS`], best first.
    pub hits: Vec<Hit<'a>>,
    /// Whether the first of several hits is likely enough to be shown, with the others under it.
    pub shows_best: bool,
    /// Whether "where did you see it?" would help: the question names no product, and the best hits differ in it.
    pub ask_where: bool,
    /// The service without an entry that the question is about.
    pub service: Option<&'static Service>,
    /// Why the verdict is this one.
    pub why: Why,
}

/// The numbers that a verdict was made from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Why {
    /// How much the question is about the first hit.
    pub belief: f32,
    /// From which belief times lead on it is the answer.
    pub needed: f32,
    /// How many times as much speaks for it as for the best one about something else.
    pub lead: f32,
}

/// One entry that was found.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The mass that speaks for it; comparable within one search only.
    pub score: f32,
}

// The numbers below were set on tests/data/faq/tune.jsonl and are measured on report.jsonl by tests/it/faq_measure.rs.

/// From this rank on a fingerprint is an error text, and no mere status or name.
const QUOTED: u8 = 40;
/// The mass of a fingerprint of rank 100.
const FINGERPRINT: f32 = 10.0;
/// What is left of an entry's mass when the question is about a service that it does not cover.
const FOREIGN: f32 = 0.4;
/// What is left of an entry's mass when the question names products of another place.
const ELSEWHERE: f32 = 0.55;
const NEARBY: f32 = 0.9;
const ANYWHERE: f32 = 0.85;
/// The belief under which nothing is said: with a word of trouble and a product's name, with a word of trouble, and without.
const SUGGEST_OURS_FROM: f32 = 0.7;
const SUGGEST_FROM: f32 = 1.25;
const SUGGEST_CALM_FROM: f32 = 1.6;
/// From how much belief, times how far ahead of anything else it is (at most [`FAR`]), the first hit is the answer: when the question
/// quotes a specific text of its, quotes any, is one of its own phrases, has a word of trouble, or none.
const CERTAIN_FROM: f32 = 2.2;
const QUOTED_FROM: f32 = 3.0;
const SAID_FROM: f32 = 1.0;
const ANSWER_FROM: f32 = 6.5;
const CALM_FROM: f32 = 15.0;
const FAR: f32 = 2.0;
/// What must speak for an entry beside the names of products to answer who is in no trouble.
const CALM_BEYOND_NAMES: f32 = 8.0;
/// How many times as much is needed for an answer about Spotify to a question that names nothing of it.
const UNNAMED: f32 = 1.25;
/// From which part of that on it is shown, with the others under it.
const SHOW: f32 = 0.6;
/// How much the first hit must lead the first one about something else to be the answer.
const ANSWER_LEAD: f32 = 1.15;
/// From which lead on nothing else is close; with less, so many times as much is needed.
const CLEAR_LEAD: f32 = 1.35;
const UNCLEAR: f32 = 1.25;
/// With less than this lead over the next one, be it about the same, so many times as much is needed.
const SIBLING_LEAD: f32 = 1.2;
const SIBLING: f32 = 1.5;
/// A hit with this part of the first one's mass is as likely.
const CLOSE: f32 = 0.8;

impl Handbook {
    /// Finds the entries that answer a question: a few words, a sentence, or a story with an error pasted into it.
    pub fn search(&self, question: &str) -> Search<'_> {
        let lexicon = Lexicon::builtin();
        let words = terms::split(question);
        let manner = lexicon.manner(&words, &lexicon.unify(&words));
        let asked = self.index.read(question, manner);
        let mut support = self.index.weigh(&asked);
        let mut certain = vec![false; self.entries.len()];
        let mut quoted = vec![false; self.entries.len()];
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
                quoted[found.entry] |= found.rank >= QUOTED && !found.only_status;
            }
        }
        for (support, entry) in support.iter_mut().zip(&self.entries) {
            let fit = match asked.service {
                Some(_) if !entry.visitor => FOREIGN,
                _ => fit(entry.topic.place, &asked.places),
            };
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
        let bare_name = !certain[first] && support[first].is_bare_name();
        let visits = asked.service.is_some() && self.entries[first].visitor;
        let knows_the_text = quoted.contains(&true);
        // What fails may be any program's, if nothing in the question is Spotify's.
        let unnamed =
            self.entries[first].topic.place == Place::Spotify && !asked.places.contains(&Place::Spotify);
        let answer_from = if unnamed { ANSWER_FROM * UNNAMED } else { ANSWER_FROM };
        let beyond_names = support[first].mass - support[first].names;
        let (nearest, needed, vague) = match (certain[first], manner.trouble) {
            _ if support[first].said => (0.0, SAID_FROM, false),
            _ if visits && manner.no_answer => (SUGGEST_FROM, CERTAIN_FROM, false),
            (true, _) => (0.0, CERTAIN_FROM, false),
            _ if quoted[first] => (0.0, QUOTED_FROM, false),
            // An error text that is known is never "I do not know this one".
            _ if knows_the_text => (0.0, answer_from, false),
            (false, true) if !asked.places.is_empty() => (SUGGEST_OURS_FROM, answer_from, false),
            (false, true) => (SUGGEST_FROM, answer_from, false),
            (false, false) => (SUGGEST_CALM_FROM, CALM_FROM, beyond_names < CALM_BEYOND_NAMES),
        };
        if belief < nearest {
            return Search::none();
        }
        let why = Why { belief, needed, lead: mass(first) / rival.max(0.1) };
        // A service that fails at something else than to answer is not the handbook's; nor is what plays another's music.
        let said = support[first].said;
        let foreign = asked.service.is_some() && !(visits && manner.no_answer || said);
        let rival = manner
            .service
            .is_some_and(|it| it.rival && !asked.names_spotify && !names(&self.entries[first], it));
        let likely = !(manner.wish || foreign || rival || bare_name || vague);
        let sureness = belief * why.lead.min(FAR);
        let second = order.get(1).map_or(0.0, |at| mass(*at));
        let sibling = if !said && mass(first) < second * SIBLING_LEAD { SIBLING } else { 1.0 };
        let close = if manner.trouble { ANSWER_LEAD } else { CLEAR_LEAD };
        let clear = said || why.lead >= CLEAR_LEAD || why.lead >= close && sureness >= needed * UNCLEAR;
        let verdict =
            if likely && clear && sureness >= needed * sibling { Verdict::Answer } else { Verdict::Suggest };
        let shows_best = verdict == Verdict::Suggest && likely && sureness >= needed * SHOW;
        let hits: Vec<Hit<'_>> =
            order.iter().take(HITS).map(|at| Hit { entry: &self.entries[*at], score: mass(*at) }).collect();
        let close = hits.iter().take_while(|hit| hit.score >= mass(first) * CLOSE);
        let differ = close.map(|hit| hit.entry.topic.place).collect::<HashSet<_>>().len() > 1;
        let ask_where = differ && asked.places.is_empty() && asked.service.is_none();
        Search { verdict, hits, shows_best, ask_where, service: asked.service, why }
    }
}

impl Search<'_> {
    fn none() -> Self {
        Self {
            verdict: Verdict::None,
            hits: Vec::new(),
            shows_best: false,
            ask_where: false,
            service: None,
            why: Why::default(),
        }
    }
}

/// Whether an entry is about this service by name.
fn names(entry: &Entry, service: &Service) -> bool {
    let known = terms::split(&entry.title);
    known.iter().any(|word| service.is_called(&terms::stem(word)))
}

/// How well an entry's place fits the places that a question names.
fn fit(place: Place, named: &HashSet<Place>) -> f32 {
    if named.is_empty() || named.contains(&place) {
        1.0
    } else if place == Place::Anywhere {
        ANYWHERE
    } else if place == Place::Spotify
        || named.iter().all(|named| matches!(named, Place::Spotify | Place::VCenter))
        || place == Place::VCenter
    {
        ELSEWHERE
    } else {
        NEARBY
    }
}
