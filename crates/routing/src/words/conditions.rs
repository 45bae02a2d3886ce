//! Conditions in words.

use triage::{
    model::{Directory, Status},
    text::{age, tag_name},
};

use super::{hours, listed, mailbox_name, quoted, users};
use crate::model::{AssigneeTest, Condition, Span, TagsTest, TextCondition, TextField, TextTest};

/// What must be true: `subject contains “invoice” and nobody is assigned`. Empty for what is always true.
#[must_use]
pub fn condition(condition: &Condition, names: &Directory) -> String {
    worded(condition, names, false)
}

/// Groups inside groups go in parentheses.
fn worded(condition: &Condition, names: &Directory, inside: bool) -> String {
    let group = |parts: &[Condition], conjunction: &str| -> String {
        let inner = inside || parts.len() > 1;
        let all: Vec<String> = parts
            .iter()
            .map(|part| worded(part, names, inner))
            .filter(|part| !part.is_empty())
            .collect();
        all.join(conjunction)
    };
    let parenthesised = |text: String, parts: usize| {
        if inside && parts > 1 {
            format!("({text})")
        } else {
            text
        }
    };
    match condition {
        Condition::All(parts) => parenthesised(group(parts, " and "), parts.len()),
        Condition::Any(parts) => parenthesised(group(parts, " or "), parts.len()),
        Condition::None(parts) => {
            let all: Vec<String> = parts.iter().map(|part| worded(part, names, true)).collect();
            format!("not ({})", all.join(" or "))
        }
        Condition::Text(text) => text_test(text),
        Condition::Mailbox(ids) => {
            let all: Vec<String> = ids.iter().map(|id| mailbox_name(id, names)).collect();
            format!("it is in {}", listed(&all, "or"))
        }
        Condition::Status(statuses) => {
            let all: Vec<String> = statuses.iter().map(Status::to_string).collect();
            format!("it is {}", listed(&all, "or"))
        }
        Condition::Assignee(AssigneeTest::Nobody) => "nobody is assigned".to_owned(),
        Condition::Assignee(AssigneeTest::Somebody) => "somebody is assigned".to_owned(),
        Condition::Assignee(AssigneeTest::OneOf(ids)) => {
            format!("it is assigned to {}", users(ids, names))
        }
        Condition::Tags(test) => tags(test, names),
        Condition::Age(bounds) => format!("it is {} old", span(*bounds)),
        Condition::Unchanged(bounds) => format!("it has not changed for {}", span(*bounds)),
        Condition::Time(at) => format!("it is looked at {}", hours(at)),
    }
}

fn tags(test: &TagsTest, names: &Directory) -> String {
    let all: Vec<String> = test
        .named()
        .iter()
        .map(|tag| tag_name(tag, names))
        .collect();
    match test {
        TagsTest::Any(_) => format!("it is tagged {}", listed(&all, "or")),
        TagsTest::All(_) => format!("it is tagged {}", listed(&all, "and")),
        TagsTest::None(_) => format!("it is not tagged {}", listed(&all, "or")),
        TagsTest::Untagged => "it has no tags".to_owned(),
    }
}

/// A test of a text: `subject contains “invoice” or “bill”`.
#[must_use]
pub fn text_test(text: &TextCondition) -> String {
    let verb = match (text.test, text.negated) {
        (TextTest::Contains, false) => "contains",
        (TextTest::Contains, true) => "does not contain",
        (TextTest::Word, false) => "has the word",
        (TextTest::Word, true) => "does not have the word",
        (TextTest::Equals, false) => "is",
        (TextTest::Equals, true) => "is not",
        (TextTest::Starts, false) => "starts with",
        (TextTest::Starts, true) => "does not start with",
        (TextTest::Ends, false) => "ends with",
        (TextTest::Ends, true) => "does not end with",
        (TextTest::Regex, false) => "fits the pattern",
        (TextTest::Regex, true) => "does not fit the pattern",
        (TextTest::LowercaseContains, false) => "in lower case contains",
        (TextTest::LowercaseContains, true) => "in lower case does not contain",
    };
    let all: Vec<String> = text.texts.iter().map(|one| quoted(one)).collect();
    let strict = match (text.match_case, text.match_accents) {
        (false, false) => "",
        (true, false) => " (case matters)",
        (false, true) => " (accents matter)",
        (true, true) => " (case and accents matter)",
    };
    format!(
        "{} {verb} {}{strict}",
        field(&text.field),
        listed(&all, "or")
    )
}

fn field(field: &TextField) -> String {
    match field {
        TextField::Subject => "subject".to_owned(),
        TextField::Id => "id".to_owned(),
        TextField::Mailbox => "name of the mailbox".to_owned(),
        TextField::Assignee => "name of the assignee".to_owned(),
        TextField::Tag => "name of a tag".to_owned(),
        TextField::Extra(name) => name.clone(),
    }
}

/// A length of time with bounds: `at least 2 d`, `under 4 h`, `at least 2 h and under 4 h`.
#[must_use]
pub fn span(span: Span) -> String {
    let length = |minutes: u32| match minutes {
        0 => "0 min".to_owned(),
        // What `age` would round is said in the unit in which it was written.
        _ if minutes.is_multiple_of(1_440) || minutes < 60 => age(i64::from(minutes) * 60_000),
        _ if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        _ => format!("{minutes} min"),
    };
    let least = span
        .at_least_minutes
        .map(|minutes| format!("at least {}", length(minutes)));
    let under = span
        .under_minutes
        .map(|minutes| format!("under {}", length(minutes)));
    let parts: Vec<String> = least.into_iter().chain(under).collect();
    parts.join(" and ")
}
