//! The fields of a form as they were sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Names and values in the order in which a form sends them.
pub type Pairs = Vec<(String, String)>;

/// Reads the body of a form. Line breaks become single characters: browsers send two.
#[must_use]
pub fn pairs_of(body: &str) -> Pairs {
    let pairs: Pairs = serde_qs_pairs(body);
    pairs
        .into_iter()
        .map(|(name, value)| (name, value.replace("\r\n", "\n")))
        .collect()
}

fn serde_qs_pairs(body: &str) -> Pairs {
    body.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, behind @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = behind;
                    high * 16 + low
                }
                _ => b'%',
            },
            (other, _) => *other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

/// Fields by name. An empty value is as good as none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(pub(crate) BTreeMap<String, Vec<String>>);

impl Fields {
    /// The first value; empty where there is none.
    pub(crate) fn one(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    /// Every value.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Adds a value, but for an empty one.
    pub(crate) fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.0.entry(name.into()).or_default().push(value);
        }
    }

    /// Puts a value in place of all.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.remove(name);
        self.add(name, value);
    }

    /// Takes one value away.
    pub(crate) fn take(&mut self, name: &str, index: usize) {
        if let Some(values) = self.0.get_mut(name) {
            if index < values.len() {
                values.remove(index);
            }
            if values.is_empty() {
                self.0.remove(name);
            }
        }
    }

    /// Builds from names and values.
    pub(crate) fn of<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut fields = Self::default();
        for (name, value) in pairs {
            fields.add(name, value);
        }
        fields
    }
}
