//! What the rules mean, said a second time as plainly as possible: no automaton, nothing compiled, nothing skipped.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use routing::{
    decision::Decision,
    model::{
        Assign, AssigneeTest, Condition, Mode, Repeat, Rule, RuleId, RuleSet, Share, ShareBy,
        TagsTest, TextCondition, TextField, TextTest,
    },
    moment::Moment,
    world::{Row, Staff},
};
use triage::{
    actions::Change,
    fold, is_unspaced,
    model::{Assignee, Directory, Status, TagId, UserId},
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A firing and a decision without references, to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub rule: RuleId,
    pub acted_before: Option<i64>,
    pub matched: Option<String>,
    pub changes: Vec<Change>,
    pub already: Vec<Change>,
    pub nobody_free: bool,
}

pub fn plain(decision: &Decision<'_>) -> (Vec<Said>, Option<RuleId>) {
    let firings = decision.firings.iter().map(|firing| Said {
        rule: firing.rule.id.clone(),
        acted_before: firing.acted_before,
        matched: firing.matched.clone(),
        changes: firing.changes.clone(),
        already: firing.already.clone(),
        nobody_free: firing.nobody_free,
    });
    let stopped_by = decision.stopped_by.map(|rule| rule.id.clone());
    (firings.collect(), stopped_by)
}

pub struct Reference<'a> {
    pub directory: &'a Directory,
    pub row: &'a Row<'a>,
    pub moment: &'a Moment,
    assignee: Assignee,
    status: Option<Status>,
    known_tags: BTreeMap<TagId, bool>,
    all_tags_known: bool,
}

impl<'a> Reference<'a> {
    pub fn new(directory: &'a Directory, row: &'a Row<'a>, moment: &'a Moment) -> Self {
        let conversation = row.conversation;
        let tags = conversation.tags.iter().flatten();
        Self {
            directory,
            row,
            moment,
            assignee: conversation.assignee.clone(),
            status: conversation.status.clone(),
            known_tags: tags.map(|tag| (tag.clone(), true)).collect(),
            all_tags_known: conversation.tags.is_some(),
        }
    }

    pub fn decide(mut self, rules: &RuleSet, staff: &mut Staff) -> (Vec<Said>, Option<RuleId>) {
        let mut all = Vec::new();
        for rule in &rules.rules {
            let (weekday, minutes) = self.moment.local();
            let takes_part = rule.mode != Mode::Off
                && rule.when.iter().any(|when| when.fits(self.moment.occasion))
                && rule
                    .hours
                    .as_ref()
                    .is_none_or(|hours| hours.contain(weekday, minutes))
                && self.is_in_mailbox(rule)
                && self.holds(&rule.conditions) == Some(true);
            if !takes_part {
                continue;
            }
            let said = self.fire(rule, staff);
            if rule.mode == Mode::On {
                let before = self.desk();
                for change in &said.changes {
                    self.apply(change);
                    if let (Change::Assign(user), Some(Assign::Share(_))) =
                        (change, &rule.actions.assign)
                    {
                        staff.last.insert(rule.id.clone(), user.clone());
                    }
                }
                let after = self.desk();
                if before != after {
                    if let Some(load) = before.and_then(|user| staff.users.get_mut(&user)) {
                        load.open = load.open.saturating_sub(1);
                    }
                    if let Some(user) = after {
                        staff.users.entry(user).or_default().open += 1;
                    }
                }
            }
            all.push(said);
            if rule.mode == Mode::On && rule.stop {
                return (all, Some(rule.id.clone()));
            }
        }
        (all, None)
    }

    fn desk(&self) -> Option<UserId> {
        let open = self.status == Some(Status::Open);
        self.assignee.user_id().filter(|_| open).cloned()
    }

    fn is_in_mailbox(&self, rule: &Rule) -> bool {
        let mailbox = self.row.conversation.mailbox.as_ref();
        rule.mailboxes.is_empty() || mailbox.is_some_and(|id| rule.mailboxes.contains(id))
    }

    fn fire(&self, rule: &Rule, staff: &Staff) -> Said {
        let matched = self.matched(&rule.conditions);
        let last = self
            .row
            .acted
            .iter()
            .filter(|acted| acted.rule == rule.id)
            .map(|acted| acted.at_ms)
            .max();
        let acted_before = last.filter(|last| match rule.repeat {
            Repeat::Once => true,
            Repeat::AfterHours(hours) => self.moment.now_ms - last < i64::from(hours) * 3_600_000,
            Repeat::EachOccurrence => false,
        });
        let mut said = Said {
            rule: rule.id.clone(),
            acted_before,
            matched: matched.clone(),
            changes: Vec::new(),
            already: Vec::new(),
            nobody_free: false,
        };
        if acted_before.is_some() {
            return said;
        }
        let mut wishes = Vec::new();
        match &rule.actions.assign {
            Some(Assign::User(user)) => wishes.push(Change::Assign(user.clone())),
            Some(Assign::Share(share)) => match self.choose(rule, share, staff) {
                Some(user) => wishes.push(Change::Assign(user)),
                None => said.nobody_free = true,
            },
            None => {}
        }
        wishes.extend(rule.actions.add_tags.iter().cloned().map(Change::AddTag));
        wishes.extend(
            rule.actions
                .remove_tags
                .iter()
                .cloned()
                .map(Change::RemoveTag),
        );
        wishes.extend(rule.actions.set_status.clone().map(Change::SetStatus));
        if let Some(note) = &rule.actions.note {
            let mailbox = self.row.conversation.mailbox.as_ref();
            let mailbox = mailbox.map_or("unknown".to_owned(), |id| {
                let known = self.directory.mailbox(id);
                known.map_or(id.to_string(), |mailbox| mailbox.name.clone())
            });
            let subject = self.row.conversation.subject.as_deref();
            let text = note
                .replace("{{rule}}", &rule.name)
                .replace("{{mailbox}}", &mailbox)
                .replace("{{matched}}", matched.as_deref().unwrap_or(""))
                .replace("{{subject}}", subject.unwrap_or("unknown"));
            wishes.push(Change::AddNote(text));
        }
        let mut seen = Vec::new();
        for wish in wishes {
            if seen.contains(&wish) {
                continue;
            }
            seen.push(wish.clone());
            let so = match &wish {
                Change::Assign(user) => self.assignee.is_user(user),
                Change::AddTag(tag) => self.has_tag(tag),
                Change::RemoveTag(tag) => self.has_tag(tag).map(|has| !has),
                Change::SetStatus(status) => self.status.as_ref().map(|now| now == status),
                Change::AddNote(_) => None,
            };
            if so == Some(true) {
                said.already.push(wish);
            } else {
                said.changes.push(wish);
            }
        }
        said
    }

    fn choose(&self, rule: &Rule, share: &Share, staff: &Staff) -> Option<UserId> {
        let members: Vec<&UserId> = share.among.iter().map(|member| &member.user).collect();
        if let Some(user) = self.assignee.user_id()
            && members.contains(&user)
        {
            return Some(user.clone());
        }
        let last = staff.last.get(&rule.id);
        let start = last
            .and_then(|last| members.iter().position(|user| *user == last))
            .map_or(0, |position| position + 1);
        let load = |user: &UserId| staff.users.get(user).copied().unwrap_or_default();
        let mut free = Vec::new();
        for step in 0..members.len() {
            let member = &share.among[(start + step) % members.len()];
            let load = load(&member.user);
            let caps = [load.cap, member.cap];
            if !load.away && caps.into_iter().flatten().all(|cap| load.open < cap) {
                free.push((load.open, step, member.user.clone()));
            }
        }
        if share.by == ShareBy::LeastLoaded {
            free.sort();
        }
        free.into_iter().next().map(|(_, _, user)| user)
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Assign(user) => {
                self.assignee = Assignee::User {
                    id: Some(user.clone()),
                    name: None,
                };
            }
            Change::AddTag(tag) => drop(self.known_tags.insert(tag.clone(), true)),
            Change::RemoveTag(tag) => drop(self.known_tags.insert(tag.clone(), false)),
            Change::SetStatus(status) => self.status = Some(status.clone()),
            Change::AddNote(_) => {}
        }
    }

    fn has_tag(&self, tag: &TagId) -> Option<bool> {
        let unknown = if self.all_tags_known {
            Some(false)
        } else {
            None
        };
        self.known_tags.get(tag).copied().or(unknown)
    }

    pub fn holds(&self, condition: &Condition) -> Option<bool> {
        let conversation = self.row.conversation;
        match condition {
            Condition::All(parts) => all(parts.iter().map(|part| self.holds(part))),
            Condition::Any(parts) => any(parts.iter().map(|part| self.holds(part))),
            Condition::None(parts) => {
                any(parts.iter().map(|part| self.holds(part))).map(|any| !any)
            }
            Condition::Text(text) => {
                let found = self.found(text).map(|found| found.is_some());
                found.map(|found| found != text.negated)
            }
            Condition::Mailbox(ids) => conversation.mailbox.as_ref().map(|id| ids.contains(id)),
            Condition::Status(all) => self.status.as_ref().map(|status| all.contains(status)),
            Condition::Assignee(AssigneeTest::OneOf(users)) => self.is_with(users),
            Condition::Assignee(test) => match self.assignee {
                Assignee::Unknown => None,
                Assignee::Nobody => Some(*test == AssigneeTest::Nobody),
                Assignee::User { .. } => Some(*test == AssigneeTest::Somebody),
            },
            Condition::Tags(TagsTest::Any(tags)) => any(tags.iter().map(|tag| self.has_tag(tag))),
            Condition::Tags(TagsTest::All(tags)) => all(tags.iter().map(|tag| self.has_tag(tag))),
            Condition::Tags(TagsTest::None(tags)) => {
                any(tags.iter().map(|tag| self.has_tag(tag))).map(|any| !any)
            }
            Condition::Tags(TagsTest::Untagged) => {
                let some = self.known_tags.values().any(|has| *has);
                if some {
                    Some(false)
                } else {
                    self.all_tags_known.then_some(true)
                }
            }
            Condition::Age(span) => {
                Some(span.contains(self.moment.now_ms - conversation.age_from()))
            }
            Condition::Unchanged(span) => {
                Some(span.contains(self.moment.now_ms - conversation.changed_at()))
            }
            Condition::Time(hours) => {
                let (weekday, minutes) = self.moment.local();
                Some(hours.contain(weekday, minutes))
            }
        }
    }

    fn is_with(&self, users: &[UserId]) -> Option<bool> {
        match &self.assignee {
            Assignee::Unknown
            | Assignee::User {
                id: None,
                name: None,
            } => None,
            Assignee::Nobody => Some(false),
            Assignee::User { id: Some(id), .. } => Some(users.contains(id)),
            Assignee::User {
                id: None,
                name: Some(name),
            } => {
                let called = self
                    .directory
                    .users
                    .iter()
                    .filter(|user| fold(&user.name) == fold(name));
                let wanted: Vec<bool> = called.map(|user| users.contains(&user.id)).collect();
                match (wanted.contains(&true), wanted.contains(&false)) {
                    (true, false) => Some(true),
                    (false, true) => Some(false),
                    _ => None,
                }
            }
        }
    }

    fn matched(&self, condition: &Condition) -> Option<String> {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts
                .iter()
                .filter(|part| self.holds(part) == Some(true))
                .find_map(|part| self.matched(part)),
            Condition::Text(text) if !text.negated => self.found(text).flatten(),
            _ => None,
        }
    }

    /// What of a condition is found: unknown, nothing, or a text.
    #[expect(clippy::option_option, reason = "unknown and nothing differ")]
    fn found(&self, condition: &TextCondition) -> Option<Option<String>> {
        let (texts, complete) = self.texts(&condition.field)?;
        let found = texts.iter().find_map(|text| {
            condition
                .texts
                .iter()
                .find_map(|sought| found_in(condition, sought, text))
        });
        if found.is_none() && !complete {
            return None;
        }
        Some(found)
    }

    fn texts(&self, field: &TextField) -> Option<(Vec<String>, bool)> {
        let conversation = self.row.conversation;
        let one = |text: String| Some((vec![text], true));
        match field {
            TextField::Subject => one(conversation.subject.clone()?),
            TextField::Id => one(conversation.id.to_string()),
            TextField::Mailbox => one(self
                .directory
                .mailbox(conversation.mailbox.as_ref()?)?
                .name
                .clone()),
            TextField::Assignee => match &self.assignee {
                Assignee::Unknown => None,
                Assignee::Nobody => Some((Vec::new(), true)),
                Assignee::User { id, name } => {
                    let known = id.as_ref().and_then(|id| self.directory.user(id));
                    one(known.map(|user| user.name.clone()).or(name.clone())?)
                }
            },
            TextField::Tag => {
                let there: Vec<&TagId> = self
                    .known_tags
                    .iter()
                    .filter(|(_, has)| **has)
                    .map(|(tag, _)| tag)
                    .collect();
                // In the order of the conversation, then as they were added.
                let mut ordered: Vec<&TagId> = conversation
                    .tags
                    .iter()
                    .flatten()
                    .filter(|tag| there.contains(tag))
                    .collect();
                ordered.extend(
                    there
                        .iter()
                        .filter(|tag| !conversation.tags.iter().flatten().any(|own| own == **tag)),
                );
                let names: Vec<String> = ordered
                    .iter()
                    .filter_map(|tag| Some(self.directory.tag(tag)?.name.clone()))
                    .collect();
                let complete = self.all_tags_known && names.len() == ordered.len();
                Some((names, complete))
            }
            TextField::Extra(name) => {
                let mut extras = self.row.conversation.extras.iter();
                let (_, value) = extras.find(|(known, _)| **known == **name)?;
                one(value.to_string())
            }
        }
    }
}

fn found_in(condition: &TextCondition, sought: &str, text: &str) -> Option<String> {
    let unmarked = |text: &str| -> String {
        text.nfkd()
            .filter(|character| !is_combining_mark(*character))
            .collect()
    };
    if condition.test == TextTest::Regex {
        let (text, pattern) = if condition.match_accents {
            (text.nfc().collect(), sought.nfc().collect())
        } else {
            (unmarked(text), unmarked(sought))
        };
        let regex = RegexBuilder::new(&pattern)
            .case_insensitive(!condition.match_case)
            .build()
            .unwrap();
        return regex.find(&text).map(|found| found.as_str().to_owned());
    }
    if condition.test == TextTest::LowercaseContains {
        return text
            .to_lowercase()
            .contains(sought)
            .then(|| sought.to_owned());
    }
    let form = |text: &str| -> String {
        match (condition.match_case, condition.match_accents) {
            (false, false) => fold(text),
            (true, false) => unmarked(text),
            (false, true) => text
                .nfkc()
                .collect::<String>()
                .to_lowercase()
                .nfkc()
                .collect(),
            (true, true) => text.nfc().collect(),
        }
    };
    let (text, needle) = (form(text), form(sought));
    let found = match condition.test {
        TextTest::Contains => text.contains(&needle),
        TextTest::Equals => text == needle,
        TextTest::Starts => text.starts_with(&needle),
        TextTest::Ends => text.ends_with(&needle),
        TextTest::Word => is_word(&text, &needle),
        TextTest::Regex | TextTest::LowercaseContains => unreachable!(),
    };
    found.then(|| sought.to_owned())
}

fn is_word(text: &str, needle: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let needle: Vec<char> = needle.chars().collect();
    let joined = |character: char| {
        (character.is_alphanumeric() || is_combining_mark(character)) && !is_unspaced(character)
    };
    (0..=text.len().saturating_sub(needle.len())).any(|at| {
        let end = at + needle.len();
        text.get(at..end) == Some(&needle)
            && !(at > 0 && joined(text[at - 1]) && joined(needle[0]))
            && !(end < text.len() && joined(text[end]) && joined(needle[needle.len() - 1]))
    })
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    any(parts.map(|part| part.map(|holds| !holds))).map(|any| !any)
}

fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.collect();
    if parts.contains(&Some(true)) {
        Some(true)
    } else if parts.contains(&None) {
        None
    } else {
        Some(false)
    }
}
