//! Conditions, as they stand in a form.

use routing::model::{AssigneeTest, Condition, Span, TagsTest, TextCondition, TextField, TextTest};
use triage::model::Status;

use super::super::writing::text_word;
use super::super::{Fields, Group, Node};
use super::{Reader, ids};

/// The words of a test of a text; `!` before it is its opposite.
pub(crate) const TEXT_TESTS: [TextTest; 7] = [
    TextTest::Contains,
    TextTest::Word,
    TextTest::Equals,
    TextTest::Starts,
    TextTest::Ends,
    TextTest::Regex,
    TextTest::LowercaseContains,
];

impl Reader {
    pub(super) fn group(&mut self, group: &Group, place: &str) -> Condition {
        let mut parts = Vec::with_capacity(group.parts.len());
        for (index, part) in group.parts.iter().enumerate() {
            let place = format!("{place}.{index}");
            parts.push(match part {
                Node::Group(inner) => self.group(inner, &place),
                Node::Test(fields) => self.test(fields, &place),
            });
        }
        match group.kind.as_str() {
            "" | "all" => Condition::All(parts),
            "any" => Condition::Any(parts),
            "none" => Condition::None(parts),
            other => {
                self.unknown(format!("{place}:kind"), other);
                Condition::All(parts)
            }
        }
    }

    fn test(&mut self, fields: &Fields, place: &str) -> Condition {
        match fields.one("what") {
            "" | "subject" => self.text(fields, place, TextField::Subject),
            "id" => self.text(fields, place, TextField::Id),
            "mailbox_name" => self.text(fields, place, TextField::Mailbox),
            "assignee_name" => self.text(fields, place, TextField::Assignee),
            "tag" => self.text(fields, place, TextField::Tag),
            "extra" => {
                let name = fields.one("extra");
                if name.is_empty() {
                    self.problem(
                        format!("{place}:extra"),
                        "Type the name of the field, as Hiver sends it.",
                    );
                }
                self.text(fields, place, TextField::Extra(name.to_owned()))
            }
            "mailbox" => Condition::Mailbox(ids(fields.all("mailboxes"))),
            "status" => Condition::Status(
                fields
                    .all("statuses")
                    .iter()
                    .map(|word| Status::from(word.as_str()))
                    .collect(),
            ),
            "assignee" => Condition::Assignee(match fields.one("assignee") {
                "" | "nobody" => AssigneeTest::Nobody,
                "somebody" => AssigneeTest::Somebody,
                "one_of" => AssigneeTest::OneOf(ids(fields.all("users"))),
                other => {
                    self.unknown(format!("{place}:assignee"), other);
                    AssigneeTest::Nobody
                }
            }),
            "tags" => {
                let tags = ids(fields.all("tags"));
                Condition::Tags(match fields.one("tagged") {
                    "" | "any" => TagsTest::Any(tags),
                    "all" => TagsTest::All(tags),
                    "none" => TagsTest::None(tags),
                    "untagged" => TagsTest::Untagged,
                    other => {
                        self.unknown(format!("{place}:tagged"), other);
                        TagsTest::Untagged
                    }
                })
            }
            "age" => Condition::Age(self.span(fields, place)),
            "unchanged" => Condition::Unchanged(self.span(fields, place)),
            "time" => Condition::Time(self.hours(fields, &format!("{place}:"))),
            other => {
                self.unknown(format!("{place}:what"), other);
                Condition::default()
            }
        }
    }

    fn text(&mut self, fields: &Fields, place: &str, field: TextField) -> Condition {
        let word = fields.one("text");
        let (negated, word) = match word.strip_prefix('!') {
            Some(word) => (true, word),
            None => (false, word),
        };
        let test = match word {
            "" => TextTest::Contains,
            word => TEXT_TESTS
                .into_iter()
                .find(|test| text_word(*test) == word)
                .unwrap_or_else(|| {
                    self.unknown(format!("{place}:text"), word);
                    TextTest::Contains
                }),
        };
        Condition::Text(TextCondition {
            field,
            test,
            texts: read_texts(fields.one("texts")),
            negated,
            match_case: fields.is_set("case"),
            match_accents: fields.is_set("accents"),
        })
    }

    fn span(&mut self, fields: &Fields, place: &str) -> Span {
        let mut bounds = [None, None];
        for (bound, name) in bounds.iter_mut().zip(["least", "under"]) {
            let typed = fields.one(name);
            if typed.trim().is_empty() {
                continue;
            }
            let field = format!("{place}:least");
            let unit = match fields.one(&format!("{name}_unit")) {
                "" | "minutes" => 1,
                "hours" => 60,
                "days" => 1_440,
                other => {
                    self.unknown(field.clone(), other);
                    1
                }
            };
            let number = self.number(field.clone(), typed, "a whole number");
            *bound = Some(number.checked_mul(unit).unwrap_or_else(|| {
                self.problem(
                    field,
                    format!(
                        "`{number}` is longer than can be told; type at most `{}`.",
                        u32::MAX / unit
                    ),
                );
                1
            }));
        }
        let [at_least_minutes, under_minutes] = bounds;
        Span {
            at_least_minutes,
            under_minutes,
        }
    }
}

/// One text a line; a quoted one is taken to the letter.
fn read_texts(typed: &str) -> Vec<String> {
    typed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let quoted = line.len() > 1 && line.starts_with('"') && line.ends_with('"');
            let read = quoted.then(|| serde_json::from_str(line).ok()).flatten();
            read.unwrap_or_else(|| line.to_owned())
        })
        .collect()
}
