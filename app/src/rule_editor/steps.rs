//! What the buttons of a rule's form do: add, remove, move.

use super::{Fields, Group, Node, Pairs, RuleForm};

impl RuleForm {
    /// Does what a button asked for and says where the focus goes, by the id of a field. What cannot be done is left.
    pub(crate) fn step(&mut self, asked: &str) -> Option<String> {
        let words: Vec<&str> = asked.splitn(3, ' ').collect();
        match words[..] {
            ["add", place, what] => self.add(place, what),
            ["drop", place] => self.drop_at(place),
            ["take", place, index] => self.take(place, index.parse().ok()?),
            ["up", place] => self.shift(place, true),
            ["down", place] => self.shift(place, false),
            ["insert", placeholder, ..] => {
                let note = format!("{}{{{{{placeholder}}}}}", self.fields.one("note"));
                self.fields.set("note", note);
                Some("note".to_owned())
            }
            _ => None,
        }
    }

    /// Takes in what was picked to be added.
    pub(crate) fn take_in_new(&mut self, pairs: &Pairs) -> Option<String> {
        let mut focus = None;
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "new_when" => {
                    focus = Some(if value == "schedule" {
                        format!("w.{}:at", self.when.len())
                    } else {
                        "new_when".to_owned()
                    });
                    self.when.push(Fields::of([("is", value)]));
                }
                "new_member" => {
                    focus = Some("new_member".to_owned());
                    self.members.push(Fields::of([("user", value)]));
                }
                _ => continue,
            }
            self.fields.0.remove(name);
        }
        focus
    }

    fn add(&mut self, place: &str, what: &str) -> Option<String> {
        let group = self.conditions.group_mut(&path(place)?)?;
        let at = group.parts.len();
        let test = Node::Test(Fields::of([("what", "subject"), ("text", "contains")]));
        let inner = format!("{place}.{at}");
        match what {
            "test" => {
                group.parts.push(test);
                Some(format!("{inner}:texts"))
            }
            "group" => {
                group.parts.push(Node::Group(Group {
                    kind: "any".to_owned(),
                    parts: vec![test],
                }));
                Some(format!("{inner}.0:texts"))
            }
            _ => None,
        }
    }

    fn drop_at(&mut self, place: &str) -> Option<String> {
        if let Some(index) = place.strip_prefix("w.") {
            remove(&mut self.when, index.parse().ok()?)?;
            return Some("new_when".to_owned());
        }
        if let Some(index) = place.strip_prefix("m.") {
            remove(&mut self.members, index.parse().ok()?)?;
            return Some("new_member".to_owned());
        }
        let path = path(place)?;
        let (last, above) = path.split_last()?;
        let group = self.conditions.group_mut(above)?;
        remove(&mut group.parts, *last)?;
        let (above, _) = place.rsplit_once('.')?;
        Some(format!("{above}:add"))
    }

    /// Takes a value out of a list: `mailboxes` of the rule, or `c.0:tags` of a condition.
    fn take(&mut self, place: &str, index: usize) -> Option<String> {
        let fields = match place.split_once(':') {
            None => &mut self.fields,
            Some((at, _)) => {
                let path = path(at)?;
                let (last, above) = path.split_last()?;
                let group = self.conditions.group_mut(above)?;
                match group.parts.get_mut(*last)? {
                    Node::Test(fields) => fields,
                    Node::Group(_) => return None,
                }
            }
        };
        let name = place.split_once(':').map_or(place, |(_, name)| name);
        fields.take(name, index);
        Some(place.to_owned())
    }

    fn shift(&mut self, place: &str, up: bool) -> Option<String> {
        let (above, last) = place.rsplit_once('.')?;
        let last: usize = last.parse().ok()?;
        let to = if up { last.checked_sub(1)? } else { last + 1 };
        let button = if up { "up" } else { "down" };
        match above {
            "w" => swap(&mut self.when, last, to)?,
            "m" => swap(&mut self.members, last, to)?,
            _ => swap(
                &mut self.conditions.group_mut(&path(above)?)?.parts,
                last,
                to,
            )?,
        }
        Some(format!("{above}.{to}:{button}"))
    }
}

/// `c.0.2` as numbers.
fn path(place: &str) -> Option<Vec<usize>> {
    let inside = place.strip_prefix('c')?;
    let mut numbers = inside.split('.');
    // Before the first dot there is nothing.
    numbers.next().filter(|before| before.is_empty())?;
    numbers.map(|number| number.parse().ok()).collect()
}

fn remove<T>(list: &mut Vec<T>, index: usize) -> Option<()> {
    (index < list.len()).then(|| drop(list.remove(index)))
}

fn swap<T>(list: &mut [T], one: usize, other: usize) -> Option<()> {
    (one.max(other) < list.len()).then(|| list.swap(one, other))
}
