//! What was asked of the simulator, in order of arrival.

use std::collections::{BTreeMap, VecDeque};

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{EffectRecord, FaultKind};

/// How a request ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Not answered yet: it is held, or the latency has not passed. `null` in JSON.
    #[default]
    Waiting,
    /// Answered with this status. A number in JSON.
    Status(u16),
    /// The connection was closed without an answer. `"cut"` in JSON.
    Cut,
    /// The simulator stopped before it was carried out: no effect, no answer. `"dropped"` in JSON.
    Dropped,
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Waiting => serializer.serialize_none(),
            Self::Status(status) => serializer.serialize_u16(*status),
            Self::Cut => serializer.serialize_str("cut"),
            Self::Dropped => serializer.serialize_str("dropped"),
        }
    }
}

/// What reached the client, as far as the simulator can know: an answer that was complete here may still get
/// lost on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answered {
    /// `"complete"`: the whole answer, be it a success or a refusal.
    Complete,
    /// `"spoiled"`: an answer with this status, but its body is not what it should be; `fault` says how.
    Spoiled,
    /// `"none"`: the connection was closed without an answer.
    None,
    /// `"unheard"`: nothing, because the client had closed the connection before. The request is carried out
    /// all the same; `status` is what it would have been answered.
    Unheard,
}

/// A limit that a request was beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    /// `"rate"`: requests per second.
    Rate,
    /// `"day"`: requests in 24 hours.
    Day,
}

/// One request to `/api/v1`.
///
/// What became of a write: it was made if there is an `effect` that says `changed`, whatever the client heard;
/// `answer` tells what the client heard, and `status` and `fault` the rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerEntry {
    /// Its number, from 1, in order of arrival; never given twice.
    pub n: u64,
    /// When it arrived, in milliseconds since 1970.
    pub at_ms: i64,
    /// Such as `GET`.
    pub method: String,
    /// Such as `/api/v1/conversations`.
    pub path: String,
    /// What followed the `?`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The body: JSON, or text if it was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// How it ended.
    pub status: Outcome,
    /// What reached the client; none (`null`) while it waits.
    pub answer: Option<Answered>,
    /// When it was carried out and answered, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_ms: Option<i64>,
    /// The fault it met. None where the fault found nothing to spoil, such as a list without rows.
    pub fault: Option<FaultKind>,
    /// The limit that refused it. A 429 without one is the fault's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// What it did. None for reads, refusals, and faults that come before the effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectRecord>,
}

/// One note, as the ledger and the state show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoteRecord {
    /// The note's id.
    pub id: String,
    /// Its text.
    pub body: String,
    /// When it was written, in milliseconds since 1970.
    pub at_ms: i64,
    /// The number of the request that wrote it; 0 for one from an earlier life of the state file.
    pub request: u64,
}

/// Requests in order of arrival, and the notes they wrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ledger {
    /// The requests.
    pub requests: Vec<LedgerEntry>,
    /// Notes written by requests of the same range, by conversation.
    pub notes: BTreeMap<String, Vec<NoteRecord>>,
    /// The number of the newest request there was: the `since` of the next look.
    pub last: u64,
    /// How many were forgotten because the ledger was full.
    pub forgotten: u64,
}

/// The ledger's own memory.
pub(crate) struct LedgerBook {
    entries: VecDeque<Box<Kept>>,
    limit: usize,
    last: u64,
    cleared: u64,
    forgotten: u64,
}

/// A request as it is remembered: until somebody looks, its body stays text, which takes far less memory than JSON.
struct Kept {
    /// Without its body.
    entry: LedgerEntry,
    body: Box<[u8]>,
}

impl Kept {
    fn show(&self) -> LedgerEntry {
        LedgerEntry {
            body: read_body(&self.body),
            ..self.entry.clone()
        }
    }
}

fn read_body(body: &[u8]) -> Option<Value> {
    let text = || String::from_utf8_lossy(body).into();
    (!body.is_empty()).then(|| serde_json::from_slice(body).unwrap_or_else(|_| text()))
}

impl LedgerBook {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            limit: limit.max(1),
            last: 0,
            cleared: 0,
            forgotten: 0,
        }
    }

    /// Enters a request with its body, giving it the next number.
    pub(crate) fn enter(&mut self, mut entry: LedgerEntry, body: &[u8]) -> u64 {
        self.last += 1;
        entry.n = self.last;
        if self.entries.len() == self.limit {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(Box::new(Kept {
            entry,
            body: body.into(),
        }));
        self.last
    }

    /// The entry of this number without its body, unless it was cleared or forgotten.
    pub(crate) fn entry(&mut self, n: u64) -> Option<&mut LedgerEntry> {
        let first = self.entries.front()?.entry.n;
        let index = usize::try_from(n.checked_sub(first)?).ok()?;
        self.entries.get_mut(index).map(|kept| &mut kept.entry)
    }

    /// The entries after number `since`.
    pub(crate) fn after(&self, since: u64) -> impl Iterator<Item = LedgerEntry> {
        let first = self.entries.front().map_or(0, |kept| kept.entry.n);
        let skip = (since + 1).saturating_sub(first);
        self.entries
            .iter()
            .skip(usize::try_from(skip).unwrap_or(usize::MAX))
            .map(|kept| kept.show())
    }

    /// Forgets all requests; the numbers go on.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.cleared = self.last;
        self.forgotten = 0;
    }

    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn cleared(&self) -> u64 {
        self.cleared
    }

    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> LedgerEntry {
        LedgerEntry {
            n: 0,
            at_ms: 0,
            method: "GET".to_owned(),
            path: "/api/v1/tags".to_owned(),
            query: None,
            body: None,
            status: Outcome::Waiting,
            answer: None,
            done_ms: None,
            fault: None,
            limit: None,
            effect: None,
        }
    }

    fn numbers(book: &LedgerBook, since: u64) -> Vec<u64> {
        book.after(since).map(|entry| entry.n).collect()
    }

    #[test]
    fn bodies_are_json_or_text() {
        let mut book = LedgerBook::new(9);
        for body in [&b""[..], br#"{"user_id":"u"}"#, b"{", b"\xff"] {
            book.enter(request(), body);
        }
        let bodies: Vec<_> = book.after(0).map(|entry| entry.body).collect();
        let json = serde_json::json!({"user_id": "u"});
        let text = |text: &str| Some(Value::from(text));
        assert_eq!(bodies, [None, Some(json), text("{"), text("\u{fffd}")]);
    }

    #[test]
    fn the_oldest_are_forgotten_and_numbers_go_on() {
        let mut book = LedgerBook::new(3);
        for expected in 1..=5 {
            assert_eq!(book.enter(request(), b""), expected);
        }
        assert_eq!(numbers(&book, 0), [3, 4, 5]);
        assert_eq!(numbers(&book, 4), [5]);
        assert_eq!(book.forgotten(), 2);
        assert!(book.entry(2).is_none());
        assert_eq!(book.entry(4).unwrap().n, 4);
        book.clear();
        assert_eq!(book.enter(request(), b""), 6);
        assert_eq!(numbers(&book, 0), [6]);
        assert!(book.entry(5).is_none());
    }
}
