//! JSON as it stands there: with all keys of an object, also those that are there twice.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_path_to_error::Segment;

/// What stands in a document.
pub(super) enum Seen {
    Null,
    Bool,
    Number,
    Text,
    List(Vec<Seen>),
    Object(Vec<(String, Seen)>),
}

impl Seen {
    /// What is at a place.
    pub(super) fn at(&self, place: &[&Segment]) -> Option<&Self> {
        place
            .iter()
            .try_fold(self, |seen, segment| match (seen, segment) {
                (Self::List(all), Segment::Seq { index }) => all.get(*index),
                (
                    Self::Object(all),
                    Segment::Map { key: wanted } | Segment::Enum { variant: wanted },
                ) => all
                    .iter()
                    .find_map(|(key, value)| (key == wanted).then_some(value)),
                _ => None,
            })
    }

    /// Its kind, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeenVisitor)
    }
}

struct SeenVisitor;

impl<'de> Visitor<'de> for SeenVisitor {
    type Value = Seen;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Seen, E> {
        Ok(Seen::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Seen, E> {
        Ok(Seen::Bool)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Seen, E> {
        Ok(Seen::Number)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Seen, E> {
        Ok(Seen::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Seen, E> {
        Ok(Seen::Number)
    }

    fn visit_str<E>(self, _: &str) -> Result<Seen, E> {
        Ok(Seen::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Seen, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            all.push(one);
        }
        Ok(Seen::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Seen, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = object.next_entry()? {
            all.push(entry);
        }
        Ok(Seen::Object(all))
    }
}
