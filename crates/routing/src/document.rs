//! Rule sets as JSON.

mod misread;

use std::collections::HashSet;

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use triage::model::Directory;

use self::misread::{Misread, misread};
use crate::{
    check::check,
    model::{RuleId, RuleSet, VERSION},
    problem::Problem,
    resolve::resolve,
    tutorial,
};

/// The largest document that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// Where the schema of a document is published.
pub const SCHEMA: &str = "rules.schema.json";

/// Why a document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is larger than [`MAX_BYTES`].
    #[error("The document has {0} bytes; at most {MAX_BYTES} are read")]
    TooLarge(usize),
    /// It is not JSON.
    #[error("The document is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// A later version of the console wrote it.
    #[error(
        "The document has version {0} of the format, and this console reads version {VERSION}: use the console that \
         wrote it, or a newer one"
    )]
    FutureVersion(u64),
    /// It is neither a rule set nor a list.
    #[error(
        "The document is no rule set: it has no `version` that is a number. Write {{\"version\": {VERSION}, \"rules\": […]}}, or a list \
         of {{\"keyword\", \"tag\", \"assignee\"}}"
    )]
    NoVersion,
    /// Something in it is missing, of another kind, or not known.
    #[error("{}", placed(path, what, *line))]
    Shape {
        /// The place, such as `rules[3].conditions.all[1].text`; empty for all of the document.
        path: String,
        /// What is wrong there, and the way out.
        what: String,
        /// The line, where the document has several.
        line: Option<usize>,
    },
    /// It can be read, but not used.
    #[error("The rules cannot be used: {}", listed(.0))]
    Problems(Vec<Problem>),
}

fn listed(problems: &[Problem]) -> String {
    let all: Vec<String> = problems.iter().map(Problem::to_string).collect();
    all.join("; ")
}

fn placed(path: &str, what: &str, line: Option<usize>) -> String {
    let line = line.map_or_else(String::new, |line| format!(" (line {line})"));
    if path.is_empty() {
        format!("The document cannot be read: {what}{line}")
    } else {
        format!("`{path}`: {what}{line}")
    }
}

/// Reads a document: a rule set, or the list `[{"keyword", "tag", "assignee"}]` of Hiver's tutorial. Names of
/// mailboxes, users and tags become ids where `directory` knows one of that name.
///
/// # Errors
///
/// The first thing that cannot be read, or everything that is wrong with what could.
pub fn read(text: &str, directory: &Directory) -> Result<RuleSet, DocumentError> {
    if text.len() > MAX_BYTES {
        return Err(DocumentError::TooLarge(text.len()));
    }
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        let entries = shaped(text)?;
        return tutorial::rules(entries, directory).map_err(DocumentError::Problems);
    }
    let version = version_of(text)?;
    match version {
        None => return Err(DocumentError::NoVersion),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(version) if version > u64::from(VERSION) => {
                return Err(DocumentError::FutureVersion(version));
            }
            Some(_) => {}
            None => return Err(DocumentError::NoVersion),
        },
        Some(_) => return Err(DocumentError::NoVersion),
    }
    let document: Document = shaped(text)?;
    let mut rules = RuleSet {
        version: document.version,
        rules: document.rules,
    };
    let mut problems = check(&rules);
    problems.extend(resolve(&mut rules, directory));
    if problems.is_empty() {
        Ok(rules)
    } else {
        Err(DocumentError::Problems(problems))
    }
}

/// Writes a document, indented, with a line break at its end.
///
/// # Errors
///
/// Everything that is wrong with `rules`: what is written can be read again.
pub fn write(rules: &RuleSet) -> Result<String, DocumentError> {
    let problems = check(rules);
    if !problems.is_empty() {
        return Err(DocumentError::Problems(problems));
    }
    let document = Document {
        schema: Some(SCHEMA.to_owned()),
        version: rules.version,
        rules: rules.rules.clone(),
    };
    let mut text = serde_json::to_string_pretty(&document).map_err(DocumentError::NotJson)?;
    text.push('\n');
    Ok(text)
}

/// What is looked at first: a later version may have any shape.
#[derive(Deserialize)]
struct Head {
    version: Option<Value>,
}

/// A rule set that may name its schema, as editors like it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "Rules of Hiver Console"))]
pub(crate) struct Document {
    /// Where the schema is.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    /// The version of the format.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1)))]
    version: u32,
    /// The rules, the first one first.
    rules: Vec<crate::model::Rule>,
}

/// The JSON Schema of a document, indented, with a line break at its end.
///
/// # Errors
///
/// None in practice: a schema can be written as JSON.
#[cfg(feature = "schema")]
pub fn schema() -> Result<String, serde_json::Error> {
    let schema = schemars::schema_for!(Document);
    let mut text = serde_json::to_string_pretty(&schema)?;
    text.push('\n');
    Ok(text)
}

/// What it says that its version is; of another kind of JSON than an object, nothing.
fn version_of(text: &str) -> Result<Option<Value>, DocumentError> {
    match shaped::<Head>(text) {
        Ok(Head { version }) => Ok(version),
        Err(DocumentError::Shape { path, .. }) if path != "version" => Ok(None),
        Err(error) => Err(error),
    }
}

fn shaped<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DocumentError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut json);
    // Only what is no JSON at all is said to be none.
    let (path, error) = match read {
        Ok(read) => return json.end().map(|()| read).map_err(DocumentError::NotJson),
        Err(error) => (error.path().clone(), error.into_inner()),
    };
    serde_json::from_str::<IgnoredAny>(text).map_err(DocumentError::NotJson)?;
    match misread(text, &path, &error) {
        Some(Misread { path, what }) => Err(DocumentError::Shape {
            path,
            what,
            line: text.trim_end().contains('\n').then(|| error.line()),
        }),
        None => Err(DocumentError::NotJson(error)),
    }
}

/// An id made of `text` that is not in `taken`, and is from then on: `invoice`, `invoice-2`.
pub fn id_from(text: &str, taken: &mut HashSet<RuleId>) -> RuleId {
    let mut slug = String::new();
    for character in triage::fold(text).chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 48 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "rule" } else { slug };
    let mut number = 1_u64;
    loop {
        let id = match number {
            1 => RuleId::from(slug),
            _ => RuleId::from(format!("{slug}-{number}")),
        };
        if taken.insert(id.clone()) {
            return id;
        }
        number += 1;
    }
}
