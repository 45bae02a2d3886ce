//! What Hiver says of a conversation beside the fields that every contract names.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One other field: its name and its value as text.
pub type Extra = (Arc<str>, Box<str>);

/// The other fields of a conversation, by name. What is not in here is unknown, not empty.
///
/// A hundred thousand conversations may have some, and most have none: at most [`Extras::MOST`] are kept, cut to
/// [`Extras::LONGEST`] characters, and none take no room of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras(Option<Arc<[Extra]>>);

impl Extras {
    /// The most fields of a conversation.
    pub const MOST: usize = 20;
    /// The most characters of a value.
    pub const LONGEST: usize = 200;
    /// The most characters of a name; a field with a longer one is left out.
    pub const LONGEST_NAME: usize = 64;

    /// The fields in the order of their names.
    pub fn iter(&self) -> std::slice::Iter<'_, Extra> {
        self.0.as_deref().unwrap_or_default().iter()
    }

    /// The value of a field; nothing where Hiver did not say it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let all = self.0.as_deref()?;
        let place = all.binary_search_by(|(known, _)| (**known).cmp(name));
        place.ok().map(|place| &*all[place].1)
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The same with each name put through `shared`, which gives the text that stands for it everywhere.
    pub fn share_names(&mut self, mut shared: impl FnMut(&Arc<str>) -> Arc<str>) {
        if let Some(all) = &mut self.0 {
            for (name, _) in Arc::make_mut(all) {
                *name = shared(name);
            }
        }
    }
}

impl<'e> IntoIterator for &'e Extras {
    type Item = &'e Extra;
    type IntoIter = std::slice::Iter<'e, Extra>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Within the limits: of more fields, those whose names come first.
impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Extras {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut all: BTreeMap<Arc<str>, Box<str>> = BTreeMap::new();
        for (name, value) in fields {
            let (name, value) = (name.as_ref(), value.as_ref());
            if name.is_empty() || name.chars().count() > Self::LONGEST_NAME {
                continue;
            }
            let end = value
                .char_indices()
                .nth(Self::LONGEST)
                .map_or(value.len(), |(end, _)| end);
            all.insert(name.into(), value[..end].into());
        }
        let all: Vec<Extra> = all.into_iter().take(Self::MOST).collect();
        Self((!all.is_empty()).then(|| all.into()))
    }
}

impl Serialize for Extras {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (&**name, &**value)))
    }
}

impl<'de> Deserialize<'de> for Extras {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(all.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name_and_what_was_not_said_is_not() {
        let extras: Extras = [("priority", "high"), ("channel", "")]
            .into_iter()
            .collect();
        assert_eq!(extras.get("priority"), Some("high"));
        assert_eq!(extras.get("channel"), Some(""));
        assert_eq!(extras.get("chan"), None);
        let json = serde_json::to_string(&extras).unwrap();
        assert_eq!(json, r#"{"channel":"","priority":"high"}"#);
        assert_eq!(serde_json::from_str::<Extras>(&json).unwrap(), extras);
        assert!(Extras::default().is_empty());
        assert_eq!(
            serde_json::from_str::<Extras>("{}").unwrap(),
            Extras::default()
        );
        assert_eq!(size_of::<Extras>(), 16);
    }

    #[test]
    fn however_much_is_sent_little_is_kept() {
        let many = (0..100).map(|number| (format!("f{number:03}"), "é".repeat(1_000)));
        let long = std::iter::once(("n".repeat(65), "x".to_owned()));
        let extras: Extras = many.chain(long).collect();
        assert_eq!(extras.iter().count(), Extras::MOST);
        assert_eq!(
            extras.get("f019").map(|value| value.chars().count()),
            Some(200)
        );
        assert_eq!(extras.get("f020"), None);
    }
}
