//! A record of any kind, as a dump holds it: `{"kind":"subscription","record":{…}}`.
//!
//! Never: what only helps to find records is not dumped; keeping a record makes it anew.

use serde::{Deserialize, Serialize};

use super::draft::Draft;
use super::fading::{Aside, Fading, GivenUp, Report, ToldThere, WaitingFor};
use super::key::Key;
use super::record::{Announced, Counter, Erasing, Form, Interaction, Kept, Open, Owed, Reported, Tracker};
use super::shelf::{Shelf, Tree};
use super::{Board, Question, StoreError, Votes};
use crate::alerts::Subscription;
use crate::health::{Outage, Tally};

/// One record of a dump. What is in it is the store's own business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entry(Record);

macro_rules! records {
    ($($kind:ident($form:ty)),* $(,)?) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "record", rename_all = "snake_case")]
        enum Record {
            $($kind(Box<$form>),)*
        }

        impl Entry {
            /// The record that lies in a tree.
            pub(super) fn read(tree: Tree, value: &[u8]) -> Result<Self, StoreError> {
                $(if tree == <$form as Form>::TREE {
                    return Ok(Self(Record::$kind(Box::new(Form::decode(value)?))));
                })*
                Err(StoreError::Damaged(format!("{tree:?} holds no records")))
            }

            /// Keeps it, in place of the one with the same key.
            pub(super) fn keep<S: Shelf>(&self, draft: &mut Draft<'_, S>) -> Result<(), StoreError> {
                if let Record::Counter(counter) = &self.0 {
                    return keep_larger(draft, counter);
                }
                match &self.0 {
                    $(Record::$kind(record) => draft.put::<$form>(record),)*
                }
            }
        }
    };
}

records! {
    Outage(Outage),
    Tracker(Tracker),
    Announcement(Announced),
    Owed(Owed),
    Delivery(Open),
    GivenUp(Fading<GivenUp>),
    Told(Fading<ToldThere>),
    Subscription(Subscription),
    SetAside(Fading<Aside>),
    Waiting(Fading<WaitingFor>),
    Report(Fading<Report>),
    Reported(Reported),
    Board(Board),
    Votes(Votes),
    Question(Question),
    Interaction(Fading<Interaction>),
    Kept(Kept),
    Tally(Fading<Tally>),
    Erasing(Erasing),
    Counter(Counter),
}

/// An id that was once given is never given again.
fn keep_larger<S: Shelf>(draft: &mut Draft<'_, S>, counter: &Counter) -> Result<(), StoreError> {
    let kept = draft.find::<Counter>(&Key::new().text(&counter.name))?.map_or(0, |kept| kept.value);
    draft.put(&Counter { name: counter.name.clone(), value: counter.value.max(kept) })
}
