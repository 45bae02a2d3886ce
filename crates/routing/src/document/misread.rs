//! Why a document that is JSON cannot be read: where, what, and the way out, in words of the document.

mod seen;

use serde_path_to_error::{Path, Segment};

use self::seen::Seen;
use crate::{
    problem::{MAX_REPEAT_HOURS, ProblemKind},
    words::listed,
};

/// What is in the way of reading.
pub(super) struct Misread {
    /// The place, such as `rules[3].conditions.all[1].text`; empty for all of the document.
    pub(super) path: String,
    /// What is wrong there.
    pub(super) what: String,
}

/// What keeps `text`, which is JSON, from being read; `None` where it is the JSON after all, such as half a character.
pub(super) fn misread(text: &str, path: &Path, error: &serde_json::Error) -> Option<Misread> {
    let mut place: Vec<&Segment> = path.iter().collect();
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&position).unwrap_or(&message);
    let named = |start: &str| message.strip_prefix(start)?.split('`').nth(1);
    let mut twice = None;
    let what = if message == "recursion limit exceeded" {
        let group = place.iter().position(|one| name(one) == "conditions");
        place.truncate(group.map_or(2, |at| at + 1));
        ProblemKind::TooDeep.to_string()
    } else if message == "number out of range" {
        let (_, most) = bounds(&place);
        format!("the number is too large; the largest here is {most}")
    } else if message == "expected value" {
        let seen: Seen = serde_json::from_str(text).ok()?;
        of_another_kind(seen.at(&place)?, &place)
    } else if let Some(key) = named("missing field") {
        format!("missing field `{key}`; add it")
    } else if let Some(key) = named("duplicate field") {
        twice = Some(key);
        format!("the key `{key}` is there twice; keep one of them")
    } else if let Some(key) = named("unknown field") {
        format!("unknown field `{key}`; {}", choices(message))
    } else if let Some(word) = named("unknown variant") {
        format!("`{word}` is not known here; {}", choices(message))
    } else if error.is_data() {
        let word = place.last().map_or("", |last| name(last));
        match message.split_once(", expected ") {
            Some((_, "unit")) => format!("`{word}` stands alone; write \"{word}\""),
            Some((_, "newtype variant")) => {
                format!("`{word}` alone is not enough; write {{\"{word}\": …}}")
            }
            Some((given, "u32")) => not_a_number(given, bounds(&place)),
            Some((given, expected)) if given.starts_with("invalid ") => {
                format!("{} stands where {} belongs", thing(given), wanted(expected))
            }
            // What types of our own say of themselves.
            _ => message.to_owned(),
        }
    } else {
        return None;
    };
    let mut path = written(&place);
    if let Some(key) = twice {
        push(&mut path, key);
    }
    Some(Misread { path, what })
}

fn name(segment: &Segment) -> &str {
    match segment {
        Segment::Map { key } => key,
        Segment::Enum { variant } => variant,
        Segment::Seq { .. } | Segment::Unknown => "",
    }
}

fn written(place: &[&Segment]) -> String {
    let mut path = String::new();
    for segment in place {
        match segment {
            Segment::Seq { index } => path.push_str(&format!("[{index}]")),
            named => push(&mut path, name(named)),
        }
    }
    path
}

fn push(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

/// The words that would be known: `use one of `a`, `b``.
fn choices(message: &str) -> String {
    let known = message
        .split_once(", expected ")
        .map_or("", |(_, known)| known);
    if known.is_empty() {
        "leave it out".to_owned()
    } else {
        format!("use {known}")
    }
}

/// The smallest and the largest number that may stand there.
fn bounds(place: &[&Segment]) -> (u32, u32) {
    match place.last().map_or("", |last| name(last)) {
        "after_hours" => (1, MAX_REPEAT_HOURS),
        "cap" => (1, u32::MAX),
        _ => (0, u32::MAX),
    }
}

fn not_a_number(given: &str, (least, most): (u32, u32)) -> String {
    let written = given.split('`').nth(1).unwrap_or_default();
    match written.parse::<f64>() {
        Ok(number) if number > f64::from(u32::MAX) => {
            format!("{written} is too large; the largest number here is {most}")
        }
        Ok(number) if number < 0.0 => {
            format!("{written} is too small; the smallest number here is {least}")
        }
        _ => format!(
            "{} stands where a whole number from {least} to {most} belongs",
            thing(given)
        ),
    }
}

/// What is there, of `invalid type: string "x"`.
fn thing(given: &str) -> String {
    let given = given
        .split_once(": ")
        .map_or("sequence", |(_, given)| given);
    let (kind, value) = given.split_once(' ').unwrap_or((given, ""));
    match kind {
        "integer" => format!("the number {}", value.trim_matches('`')),
        "floating" => format!(
            "the number {}",
            value.trim_start_matches("point ").trim_matches('`')
        ),
        "boolean" => value.to_owned(),
        "string" => match value.char_indices().nth(60) {
            Some((end, _)) => format!("the text {}…\"", &value[..end]),
            None => format!("the text {value}"),
        },
        "null" => "null".to_owned(),
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        _ => "something else".to_owned(),
    }
}

fn wanted(expected: &str) -> &'static str {
    match expected {
        "a string" => "a text in quotation marks",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list in square brackets",
        kind if kind.starts_with("struct ") => "an object in braces",
        _ => "something else",
    }
}

/// What is wrong with something that has to be a word, or an object with one key.
fn of_another_kind(seen: &Seen, place: &[&Segment]) -> String {
    let choice = Choice::at(place);
    let keys = match seen {
        Seen::Object(entries) => entries.iter().map(|(key, _)| key.as_str()).collect(),
        _ => Vec::new(),
    };
    match (seen, keys.as_slice()) {
        (Seen::Object(_), []) => format!("the object is empty; write {}", choice.example()),
        (Seen::Object(_), [first, rest @ ..]) => match rest.iter().find(|key| *key != first) {
            None => format!("the key `{first}` is there twice; keep one of them"),
            Some(_) => several(&keys, choice),
        },
        (Seen::Null, _) if choice == Choice::Conditions => {
            "conditions cannot be null; leave them out or write {\"all\": []}".to_owned()
        }
        (Seen::Null, _) if choice == Choice::Condition => {
            "a condition cannot be null; take it out".to_owned()
        }
        (Seen::List(_), _) if matches!(choice, Choice::Conditions | Choice::Condition) => {
            "a list is no condition; put it into a group: {\"all\": […]}".to_owned()
        }
        _ => format!("{} stands there; write {}", seen.kind(), choice.example()),
    }
}

/// What to do about several keys where one has to be.
fn several(keys: &[&str], choice: Choice) -> String {
    let mut different: Vec<&str> = Vec::new();
    for key in keys {
        if !different.contains(key) {
            different.push(key);
        }
    }
    let quoted: Vec<String> = different.iter().map(|key| format!("`{key}`")).collect();
    let names = listed(&quoted, "and");
    let each = |before: &str, after: &str| {
        let all = different.iter().take(4);
        let all: Vec<String> = all
            .map(|key| format!("{before}{{\"{key}\": …}}{after}"))
            .collect();
        format!("{{\"all\": [{}]}}", all.join(", "))
    };
    match choice {
        Choice::Conditions | Choice::Condition => format!(
            "{names} are several conditions in one; put one condition each into `all`: {}",
            each("", "")
        ),
        Choice::Tags => format!(
            "{names} are several tests in one; put one condition each into `all`: {}",
            each("{\"tags\": ", "}")
        ),
        other => format!(
            "{names} cannot stand together; write one of them, as in {}",
            other.example()
        ),
    }
}

/// Where a document takes one of several words, or an object with one of several keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Conditions,
    Condition,
    Tags,
    Assignee,
    Assign,
    When,
    Repeat,
    Word(&'static str),
}

impl Choice {
    fn at(place: &[&Segment]) -> Self {
        let mut named = place
            .iter()
            .rev()
            .map(|one| name(one))
            .filter(|name| !name.is_empty());
        let in_list = matches!(place.last(), Some(Segment::Seq { .. }));
        match (named.next().unwrap_or_default(), in_list) {
            ("conditions", false) => Self::Conditions,
            ("tags", false) => Self::Tags,
            ("assignee", false) => Self::Assignee,
            ("assign", false) => Self::Assign,
            ("repeat", false) => Self::Repeat,
            ("when", true) => Self::When,
            ("all" | "any" | "none", true) => Self::Condition,
            ("mode", false) => Self::Word("\"on\""),
            ("test", false) => Self::Word("\"contains\""),
            ("by", false) => Self::Word("\"round_robin\""),
            ("weekdays", true) => Self::Word("\"monday\""),
            _ => Self::Word("a text in quotation marks"),
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Conditions | Self::Condition => "one condition, such as {\"status\": [\"open\"]}",
            Self::Tags => "{\"any\": […]}, {\"all\": […]}, {\"none\": […]} or \"untagged\"",
            Self::Assignee => "{\"one_of\": […]}, \"nobody\" or \"somebody\"",
            Self::Assign => "{\"user\": …} or {\"share\": …}",
            Self::When => "an occasion, such as \"created\" or {\"schedule\": {\"at\": \"08:00\"}}",
            Self::Repeat => "{\"after_hours\": 24}, \"once\" or \"each_occurrence\"",
            Self::Word(example) => example,
        }
    }
}
