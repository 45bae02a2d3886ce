//! From a place in the document to the field on the page, and from the document's words to the page's.

use routing::problem::ProblemKind;

/// The field of a page that shows what is at `path` of a document with one rule. `bare` says that the outermost
/// condition is no group, and stands in one on the page.
pub(crate) fn field_of(path: &str, bare: bool) -> String {
    let inside = path.strip_prefix("rules[0].").unwrap_or(path);
    let (first, rest) = inside.split_once('.').unwrap_or((inside, ""));
    let first_name = first.split('[').next().unwrap_or(first);
    match first_name {
        "conditions" => condition_field(rest, bare),
        "when" => match index(first) {
            Some(index) => format!("w.{index}:at"),
            None => "when".to_owned(),
        },
        "actions" => action_field(rest),
        "hours" => "from".to_owned(),
        "repeat" => "repeat_hours".to_owned(),
        "name" | "id" | "mailboxes" => first_name.to_owned(),
        _ => "rule".to_owned(),
    }
}

/// The number in brackets.
fn index(part: &str) -> Option<usize> {
    let (_, number) = part.split_once('[')?;
    number.trim_end_matches(']').parse().ok()
}

fn condition_field(path: &str, bare: bool) -> String {
    let mut place = if bare { "c.0" } else { "c" }.to_owned();
    for part in path.split('.') {
        let field = match (part.split('[').next().unwrap_or(part), index(part)) {
            ("all" | "any" | "none", Some(index)) => {
                place.push_str(&format!(".{index}"));
                continue;
            }
            ("text", _) => "texts",
            ("mailbox", _) => "mailboxes",
            ("status", _) => "statuses",
            ("assignee", _) => "users",
            ("tags", _) => "tags",
            ("age" | "unchanged", _) => "least",
            ("time", _) => "from",
            _ => "kind",
        };
        return format!("{place}:{field}");
    }
    format!("{place}:kind")
}

fn action_field(path: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    if let Some((_, member)) = path.split_once("among[") {
        let number = member.split(']').next().unwrap_or("0");
        return format!("m.{number}:cap");
    }
    match path.split(['.', '[']).next() {
        Some("assign") if last.starts_with("among") => "members".to_owned(),
        Some("assign") => "assign".to_owned(),
        Some(name @ ("add_tags" | "remove_tags" | "note")) => name.to_owned(),
        Some("set_status") => "status".to_owned(),
        _ => "actions".to_owned(),
    }
}

/// A problem in the words of the page.
pub(crate) fn said(problem: &ProblemKind) -> String {
    match problem {
        ProblemKind::NoOccasion => {
            "The rule never looks at anything: pick when it looks.".to_owned()
        }
        ProblemKind::NoAction => {
            "The rule does nothing: pick something it does, or let it stop here.".to_owned()
        }
        ProblemKind::NobodyToShareAmong => {
            "Nobody is named to share among: name at least one user, or pick something else."
                .to_owned()
        }
        ProblemKind::BlankName => "The rule has no name: give it one.".to_owned(),
        ProblemKind::EmptyList => "Nothing is named: name at least one, or remove this.".to_owned(),
        ProblemKind::NoBounds => "No length is given: type one of the two.".to_owned(),
        ProblemKind::OnlyAccents(text) => {
            format!("Nothing is left of `{text}` without its accents: let accents matter.")
        }
        ProblemKind::EndOfDay => {
            "A day ends when the next one begins: write `00:00`, and pick the day after it."
                .to_owned()
        }
        ProblemKind::EmptyHours => {
            "The hours end when they begin: write `00:00` to `24:00` for the whole day.".to_owned()
        }
        ProblemKind::RepeatHours(hours) => format!(
            "Again after {hours} hours is not possible: 1 to 87,600 are, and so is each occurrence."
        ),
        other => sentence(&other.to_string()),
    }
}

/// With a capital at its beginning and a full stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(letters).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}
