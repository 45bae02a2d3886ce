//! A rule as a form: every field as it was typed.
//!
//! On the page a field of the rule itself goes by its own name; one of the second occasion is `w.1:is`, one of the
//! third user to share among `m.2:user`, and conditions are named by where they are: `c` is the outermost group and
//! `c.0.2:texts` a field of the third part of the first part of it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::{Fields, Pairs};

/// Says in a form that it is the whole of a rule.
pub(crate) const WHOLE: &str = "whole";
/// What a form says of itself, and not of the rule.
const NOT_TYPED: [&str; 9] = [
    "do",
    "idle",
    "rule",
    "why",
    "tab",
    "seen",
    "was_mode",
    "place",
    "was_place",
];
/// Groups in a form go no deeper: deeper ones are not taken, so that no form costs more than it may.
const DEEPEST: usize = 40;

/// A rule as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleForm {
    /// What is not listed below.
    pub(crate) fields: Fields,
    /// The occasions.
    pub(crate) when: Vec<Fields>,
    /// The conditions; the outermost is a group on the page, whatever it is in the rule.
    pub(crate) conditions: Group,
    /// Among whom is shared.
    pub(crate) members: Vec<Fields>,
}

/// Conditions that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// `all`, `any` or `none`.
    pub(crate) kind: String,
    pub(crate) parts: Vec<Node>,
}

/// A group or a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Node {
    Group(Group),
    Test(Fields),
}

impl RuleForm {
    /// Takes a form apart; nothing where it is not the whole of a rule.
    pub(crate) fn of_pairs(pairs: &Pairs) -> Option<Self> {
        let mut form = Self::default();
        let mut whole = false;
        let mut when: BTreeMap<usize, Fields> = BTreeMap::new();
        let mut members: BTreeMap<usize, Fields> = BTreeMap::new();
        let mut places: BTreeMap<Vec<usize>, Fields> = BTreeMap::new();
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            let (place, field) = match name.split_once(':') {
                None if name == WHOLE => {
                    whole = true;
                    continue;
                }
                None if NOT_TYPED.contains(&name.as_str()) => continue,
                None => {
                    form.fields.add(name, value);
                    continue;
                }
                Some(parts) => parts,
            };
            let (list, numbers) = place.split_once('.').unwrap_or((place, ""));
            let numbers: Option<Vec<usize>> = match numbers {
                "" => Some(Vec::new()),
                some => some.split('.').map(|one| one.parse().ok()).collect(),
            };
            match (list, numbers.as_deref()) {
                ("w", Some([index])) => when.entry(*index).or_default().add(field, value),
                ("m", Some([index])) => members.entry(*index).or_default().add(field, value),
                ("c", Some(path)) if path.len() <= DEEPEST => {
                    places.entry(path.to_vec()).or_default().add(field, value);
                }
                _ => {}
            }
        }
        form.when = when.into_values().filter(|one| one.is_set("is")).collect();
        form.members = members
            .into_values()
            .filter(|one| one.is_set("user"))
            .collect();
        form.conditions = group_at(&[], &places);
        whole.then_some(form)
    }

    /// The form as a page sends it.
    #[cfg(test)]
    pub(crate) fn to_pairs(&self) -> Pairs {
        let mut pairs = vec![(WHOLE.to_owned(), "1".to_owned())];
        let mut put = |prefix: &str, fields: &Fields| {
            for (name, values) in &fields.0 {
                for value in values {
                    pairs.push((format!("{prefix}{name}"), value.clone()));
                }
            }
        };
        put("", &self.fields);
        for (index, one) in self.when.iter().enumerate() {
            put(&format!("w.{index}:"), one);
        }
        for (index, one) in self.members.iter().enumerate() {
            put(&format!("m.{index}:"), one);
        }
        fn group(place: &str, group_: &Group, put: &mut impl FnMut(&str, &Fields)) {
            put(&format!("{place}:"), &Fields::of([("kind", &group_.kind)]));
            for (index, part) in group_.parts.iter().enumerate() {
                let place = format!("{place}.{index}");
                match part {
                    Node::Group(inner) => group(&place, inner, put),
                    Node::Test(fields) => put(&format!("{place}:"), fields),
                }
            }
        }
        group("c", &self.conditions, &mut put);
        pairs
    }

    /// Tells apart what was typed, but for whether it acts: a press in the list says that, too.
    pub(crate) fn mark(&self) -> String {
        let mut form = self.clone();
        form.fields.0.remove("mode");
        let mut hasher = DefaultHasher::new();
        serde_json::to_string(&form)
            .unwrap_or_default()
            .hash(&mut hasher);
        format!("{:x}", hasher.finish())
    }

    /// Its title as it was typed.
    pub(crate) fn name(&self) -> &str {
        self.fields.one("name")
    }
}

fn group_at(path: &[usize], places: &BTreeMap<Vec<usize>, Fields>) -> Group {
    let own = places.get(path);
    let depth = path.len();
    let mut parts: Vec<usize> = places
        .range(path.to_vec()..)
        .map(|(place, _)| place)
        .take_while(|place| place.starts_with(path))
        .filter_map(|place| place.get(depth).copied())
        .collect();
    parts.dedup();
    Group {
        kind: own.map_or("", |own| own.one("kind")).to_owned(),
        parts: parts
            .into_iter()
            .map(|part| {
                let place = [path, &[part]].concat();
                match places.get(&place) {
                    Some(fields) if !fields.is_set("kind") => Node::Test(fields.clone()),
                    _ => Node::Group(group_at(&place, places)),
                }
            })
            .collect(),
    }
}

impl Group {
    /// The group at a place; this one where the path is empty.
    pub(crate) fn group_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        match self.parts.get_mut(*first)? {
            Node::Group(group) => group.group_mut(rest),
            Node::Test(_) => None,
        }
    }
}
