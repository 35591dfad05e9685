//! Finds entries for free text, or says honestly "I do not know this one".
//!
//! Three kinds of evidence are added up in one unit, the rarity of the words that agree (their *weight*): words that
//! an entry uses, phrases (titles and aliases) that the question repeats, and fingerprints that it quotes.

use std::collections::HashSet;

use super::{
    Faq,
    diagnose::CERTAIN,
    entry::FaqEntry,
    fuel::Fuel,
    lexicon::{ForeignService, Lexicon},
    paste::Paste,
    terms,
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
    /// Returns its name in `--json`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Suggest => "suggest",
            Self::None => "none",
        }
    }
}

/// The result of a search.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// How sure the FAQ is.
    pub verdict: SearchVerdict,
    /// At most [`HITS`], best first.
    pub hits: Vec<SearchHit<'a>>,
    /// Whether the first of several hits is likely enough to be shown, with the others under it.
    pub shows_best: bool,
    /// Whether asking "where did you see it?" helps: the question names no product, and the best hits differ in their location.
    pub ask_where: bool,
    /// The service without an entry that the question is about.
    pub service: Option<&'static ForeignService>,
    /// Why the verdict is this one.
    pub why: Why,
}

/// The numbers that a verdict was made from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Why {
    /// How much the question is about the first hit.
    pub belief: f32,
    /// The first hit is the answer if its belief times its lead reaches this.
    pub needed: f32,
    /// The weight of the first hit divided by that of the best one about something else.
    pub lead: f32,
}

/// One entry that was found.
#[derive(Debug, Clone, Copy)]
pub struct SearchHit<'a> {
    pub entry: &'a FaqEntry,
    /// The weight of its evidence; comparable within one search only.
    pub score: f32,
}

// The numbers below were set on tests/data/faq/tune.jsonl and are measured on report.jsonl by tests/it/faq_measure.rs.

/// From this rank on a fingerprint is an error text, not only a status or name.
const QUOTED: u8 = 40;
/// The weight of a fingerprint of rank 100.
const FINGERPRINT: f32 = 10.0;
/// The factor on an entry's weight if the question is about a service that the entry does not cover.
const FOREIGN: f32 = 0.4;
/// The factors on an entry's weight if the question names products of another location.
const ELSEWHERE: f32 = 0.55;
const NEARBY: f32 = 0.9;
const ANYWHERE: f32 = 0.85;
/// Below this belief nothing is suggested: with a word of trouble and a product's name, with a word of trouble, and without.
const SUGGEST_OURS_FROM: f32 = 0.7;
const SUGGEST_FROM: f32 = 1.25;
const SUGGEST_CALM_OURS_FROM: f32 = 1.0;
const SUGGEST_CALM_FROM: f32 = 1.6;
/// The first hit is the answer if its belief times its lead (at most [`FAR`]) reaches this: for a question that
/// quotes a specific text of the entry, quotes any, is one of its phrases, has a word of trouble, or has none.
const CERTAIN_FROM: f32 = 2.2;
const QUOTED_FROM: f32 = 3.0;
const SAID_FROM: f32 = 1.0;
const ANSWER_FROM: f32 = 4.95;
const CALM_FROM: f32 = 15.0;
const FAR: f32 = 2.0;
/// How much must count for an entry beside the names of products to answer a question without trouble.
const CALM_BEYOND_NAMES: f32 = 8.0;
/// The factor on the threshold for an answer about Spotify to a question that names nothing of Spotify's.
const UNNAMED: f32 = 1.85;
/// From this part of the threshold on the first hit is shown, with the others under it.
const SHOW: f32 = 0.6;
/// The least lead of the first hit over the first one about something else to be the answer.
const ANSWER_LEAD: f32 = 1.15;
/// From this lead on nothing else is close; below it, the threshold is multiplied by the second number.
const CLEAR_LEAD: f32 = 1.35;
const UNCLEAR: f32 = 1.25;
/// Below this lead over the next hit, even about the same subject, the threshold is multiplied by the second number.
const SIBLING_LEAD: f32 = 1.2;
const SIBLING: f32 = 1.5;
/// Below this lead over the next hit, whatever it is about, the first one is not the answer.
const TIE: f32 = 1.05;
/// A hit with this part of the first one's weight is about as likely.
const CLOSE: f32 = 0.8;

impl Faq {
    /// Finds the entries that answer a question: a few words, a sentence, or a story with an error pasted into it.
    pub fn search(&self, question: &str) -> Search<'_> {
        let lexicon = Lexicon::builtin();
        let words = terms::split(question);
        let kind = lexicon.kind(&words, &lexicon.unify(&words));
        let asked = self.index.read(question, kind);
        let mut support = self.index.weigh(&asked);
        let mut certain = vec![false; self.entries.len()];
        let mut quoted = vec![false; self.entries.len()];
        // Nothing of the question is quoted, so its secrets need not be removed first.
        let found = self.identify(&Paste::read(question), &mut Fuel::endless());
        for found in found.unwrap_or_default() {
            let rank = f32::from(found.rank) / 100.0;
            // A catch-all rule weighs little beside the other words of a question.
            let weight = FINGERPRINT * rank * rank;
            let support = &mut support[found.entry];
            support.weight += weight;
            if found.only_names {
                support.names += weight;
            } else {
                certain[found.entry] |= found.rank >= CERTAIN;
                quoted[found.entry] |= found.rank >= QUOTED && !found.only_status;
            }
        }
        for (support, entry) in support.iter_mut().zip(&self.entries) {
            let fit = match asked.service {
                Some(_) if !entry.visitor => FOREIGN,
                _ => fit(entry.topic.path, &asked.places),
            };
            support.weight *= fit;
            support.names *= fit;
        }
        let weight = |at: usize| support[at].weight;
        let mut order: Vec<usize> = (0..self.entries.len()).filter(|at| weight(*at) > 0.0).collect();
        order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)).then(a.cmp(b)));
        let Some(&first) = order.first() else { return Search::none() };
        let rival = order
            .iter()
            .find(|at| self.entries[**at].topic != self.entries[first].topic)
            .map_or(0.0, |at| weight(*at));
        let belief = support[first].belief();
        let bare_name = !certain[first] && support[first].is_bare_name();
        let visits = asked.service.is_some() && self.entries[first].visitor;
        let knows_the_text = quoted.contains(&true);
        // If nothing in the question is Spotify's, the failing program may be any.
        let unnamed = self.entries[first].topic.path == TopicPath::Spotify
            && !asked.places.contains(&TopicPath::Spotify);
        let answer_from = if unnamed { ANSWER_FROM * UNNAMED } else { ANSWER_FROM };
        let beyond_names = support[first].weight - support[first].names;
        let (nearest, needed, vague) = match (certain[first], kind.trouble) {
            _ if support[first].said => (0.0, SAID_FROM, false),
            _ if visits && kind.no_answer => (SUGGEST_FROM, CERTAIN_FROM, false),
            (true, _) => (0.0, CERTAIN_FROM, false),
            _ if quoted[first] => (0.0, QUOTED_FROM, false),
            // A known error text never gets "I do not know this one".
            _ if knows_the_text => (0.0, answer_from, false),
            (false, true) if !asked.places.is_empty() => (SUGGEST_OURS_FROM, answer_from, false),
            (false, true) => (SUGGEST_FROM, answer_from, false),
            (false, false) => {
                let nearest =
                    if asked.places.is_empty() { SUGGEST_CALM_FROM } else { SUGGEST_CALM_OURS_FROM };
                (nearest, CALM_FROM, beyond_names < CALM_BEYOND_NAMES)
            }
        };
        if belief < nearest {
            return Search::none();
        }
        let why = Why { belief, needed, lead: weight(first) / rival.max(0.1) };
        // The FAQ covers a foreign service only if it does not answer. It does not cover players of another service's music.
        let said = support[first].said;
        let foreign = asked.service.is_some() && !(visits && kind.no_answer || said);
        let rival = kind
            .service
            .is_some_and(|it| it.rival && !asked.names_spotify && !names(&self.entries[first], it));
        let likely = !(kind.wish || foreign || rival || bare_name || vague);
        let sureness = belief * why.lead.min(FAR);
        let second = order.get(1).map_or(0.0, |at| weight(*at));
        let sibling = if !said && weight(first) < second * SIBLING_LEAD { SIBLING } else { 1.0 };
        let close = if kind.trouble { ANSWER_LEAD } else { CLEAR_LEAD };
        let tie = !said && !certain[first] && weight(first) < second * TIE;
        let clear = said || why.lead >= CLEAR_LEAD || why.lead >= close && sureness >= needed * UNCLEAR;
        let verdict = if likely && clear && !tie && sureness >= needed * sibling {
            SearchVerdict::Answer
        } else {
            SearchVerdict::Suggest
        };
        let shows_best = verdict == SearchVerdict::Suggest && likely && sureness >= needed * SHOW;
        let hits: Vec<SearchHit<'_>> = order
            .iter()
            .take(HITS)
            .map(|at| SearchHit { entry: &self.entries[*at], score: weight(*at) })
            .collect();
        let close = hits.iter().take_while(|hit| hit.score >= weight(first) * CLOSE);
        let differ = close.map(|hit| hit.entry.topic.path).collect::<HashSet<_>>().len() > 1;
        let ask_where = differ && asked.places.is_empty() && asked.service.is_none();
        Search { verdict, hits, shows_best, ask_where, service: asked.service, why }
    }
}

impl Search<'_> {
    fn none() -> Self {
        Self {
            verdict: SearchVerdict::None,
            hits: Vec::new(),
            shows_best: false,
            ask_where: false,
            service: None,
            why: Why::default(),
        }
    }
}

/// Returns whether an entry is about this service by name.
fn names(entry: &FaqEntry, service: &ForeignService) -> bool {
    let known = terms::split(&entry.title);
    known.iter().any(|word| service.is_called(&terms::stem(word)))
}

/// Returns how well an entry's location fits the locations that a question names.
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
