//! A record of any kind, as a dump holds it: `{"kind":"subscription","record":{…}}`.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deletions::{Deletions, Whose};
use super::draft::Draft;
use super::fading::{Aside, Asked, Fading, GivenUp, Report, ToldThere, WaitingFor};
use super::key::Key;
use super::record::{Announced, Counter, Erasing, Form, Interaction, Kept, Open, Owed, Reported, Tracker};
use super::shelf::{Shelf, Tree};
use super::{Board, StoreError, Votes, postgres};
use crate::alerts::Subscription;
use crate::health::{Outage, Tally};

/// One record of a dump. What is in it is the store's own business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entry(AnyRecord);

macro_rules! records {
    ($($name:literal => $kind:ident($form:ty)),* $(,)?) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "record")]
        enum AnyRecord {
            $(#[serde(rename = $name)] $kind(Box<$form>),)*
        }

        impl Entry {
            /// The record that lies in a tree.
            pub(super) fn read(tree: Tree, value: &[u8]) -> Result<Self, StoreError> {
                $(if tree == <$form as Form>::TREE {
                    return Ok(Self(AnyRecord::$kind(Box::new(Form::decode(value)?))));
                })*
                Err(StoreError::Damaged(format!("{tree:?} holds no records")))
            }

            /// Where it lies, and as what.
            #[cfg(test)]
            fn stored(&self) -> (Tree, Vec<u8>) {
                match &self.0 {
                    $(AnyRecord::$kind(record) => (<$form as Form>::TREE, record.encode().expect("a value")),)*
                }
            }

            /// Keeps it in PostgreSQL, in place of the one with the same key.
            pub(super) async fn keep_in(&self, on: &Transaction<'_>) -> Result<(), StoreError> {
                match &self.0 {
                    $(AnyRecord::$kind(record) => postgres::put::<$form>(on, record).await,)*
                }
            }

            /// Keeps it, in place of the one with the same key.
            pub(super) fn keep<S: Shelf>(&self, draft: &mut Draft<'_, S>) -> Result<(), StoreError> {
                if let AnyRecord::Counter(counter) = &self.0 {
                    return keep_larger(draft, counter);
                }
                match &self.0 {
                    $(AnyRecord::$kind(record) => draft.put::<$form>(record),)*
                }
            }
        }
    };
}

impl Entry {
    /// Whether it stays in the store that made it. Exports leave it out, and imports of older exports drop it.
    pub(super) fn is_local(&self) -> bool {
        match &self.0 {
            AnyRecord::Kept(kept) => kept.is_local(),
            // Its person is a hash under a salt that stays too.
            AnyRecord::Report(_) => true,
            _ => false,
        }
    }

    /// A mark of a deletion, where it is one.
    pub(super) fn mark(&self) -> Option<&Kept> {
        match &self.0 {
            AnyRecord::Kept(kept) if kept.name.starts_with(Deletions::MARKS) => Some(kept),
            _ => None,
        }
    }

    /// Whose it is: a server's, a person's, both, or nobody's.
    fn whose(&self) -> [Option<Whose>; 2] {
        let server = |guild| [Some(Whose::Server(guild)), None];
        match &self.0 {
            AnyRecord::Announcement(announced) => [announced.meant_for().map(Whose::Server), None],
            AnyRecord::Owed(owed) => server(owed.guild),
            AnyRecord::Delivery(open) => server(open.delivery.guild),
            AnyRecord::GivenUp(given_up) => server(given_up.of.0.guild),
            AnyRecord::Told(there) => server(there.of.guild),
            AnyRecord::Subscription(subscription) => server(subscription.guild),
            AnyRecord::SetAside(aside) => server(aside.of.subscription.guild),
            AnyRecord::Board(board) => server(board.guild),
            AnyRecord::Erasing(erasing) => server(erasing.guild),
            AnyRecord::Waiting(waiting) => {
                [waiting.of.who.guild.map(Whose::Server), Some(Whose::Person(waiting.of.who.person))]
            }
            AnyRecord::Outage(_)
            | AnyRecord::Tracker(_)
            | AnyRecord::Report(_)
            | AnyRecord::Reported(_)
            | AnyRecord::Votes(_)
            | AnyRecord::Question(_)
            | AnyRecord::Interaction(_)
            | AnyRecord::Kept(_)
            | AnyRecord::Tally(_)
            | AnyRecord::Counter(_) => [None, None],
        }
    }

    /// The record of a dump as it is after deletions that came later; none if all of it was deleted.
    pub(super) fn without(self, deletions: &Deletions, dump: Timestamp) -> Option<Self> {
        if self.whose().into_iter().flatten().any(|whose| deletions.has(whose, dump)) {
            return None;
        }
        let AnyRecord::Announcement(mut announced) = self.0 else { return Some(self) };
        announced.forget_considered(|guild| deletions.has(Whose::Server(guild), dump));
        Some(Self(AnyRecord::Announcement(announced)))
    }
}

// The names are stored in every dump: a renamed record keeps the one that it has.
records! {
    "outage" => Outage(Outage),
    "tracker" => Tracker(Tracker),
    "announcement" => Announcement(Announced),
    "owed" => Owed(Owed),
    "delivery" => Delivery(Open),
    "given_up" => GivenUp(Fading<GivenUp>),
    "told" => Told(Fading<ToldThere>),
    "subscription" => Subscription(Subscription),
    "set_aside" => SetAside(Fading<Aside>),
    "waiting" => Waiting(Fading<WaitingFor>),
    "report" => Report(Fading<Report>),
    "reported" => Reported(Reported),
    "board" => Board(Board),
    "votes" => Votes(Votes),
    "question" => Question(Asked),
    "interaction" => Interaction(Fading<Interaction>),
    "kept" => Kept(Kept),
    "tally" => Tally(Fading<Tally>),
    "erasing" => Erasing(Erasing),
    "counter" => Counter(Counter),
}

/// An id that was once given is never given again.
fn keep_larger<S: Shelf>(draft: &mut Draft<'_, S>, counter: &Counter) -> Result<(), StoreError> {
    let kept = draft.find::<Counter>(&Key::new().text(&counter.name))?.map_or(0, |kept| kept.value);
    draft.put(&Counter { name: counter.name.clone(), value: counter.value.max(kept) })
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        record: Option<&'a RawValue>,
    }

    #[test]
    fn a_stored_value_is_its_version_and_the_record_that_a_dump_shows_and_every_kind_has_a_sample() {
        let sample = include_str!("../../tests/data/store/v1.1/dump.jsonl");
        let mut trees: Vec<Tree> = Tree::ALL.into_iter().filter(|tree| tree.holds_records()).collect();
        for line in sample.lines() {
            let Some(record) = serde_json::from_str::<Line<'_>>(line).expect("a line").record else {
                continue;
            };
            let entry: Entry = serde_json::from_str(line).expect("an entry");
            let value = [&[1], record.get().as_bytes()].concat();
            let (tree, stored) = entry.stored();
            assert_eq!(String::from_utf8_lossy(&stored[1..]), record.get());
            assert_eq!((stored[0], Entry::read(tree, &value).expect("read")), (1, entry));
            trees.retain(|other| *other != tree);
        }
        assert_eq!(trees, [], "these kinds have no sample");
    }

    #[test]
    fn a_record_of_a_later_version_is_refused_as_such_and_a_broken_one_as_damaged() {
        let newer = Entry::read(Tree::Board, b"\x02{}");
        assert!(matches!(newer, Err(StoreError::TooNew(_))), "{newer:?}");
        for broken in [&b""[..], b"\x00{}", b"\x01{", b"\x01{}"] {
            let error = Entry::read(Tree::Board, broken);
            assert!(matches!(error, Err(StoreError::Damaged(_))), "{error:?}");
        }
    }
}
