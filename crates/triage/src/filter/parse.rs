//! Text to filter: a descent over the bytes of the text, one function per level of the grammar.
//!
//! ```text
//! all     = any*
//! any     = negated ("OR" negated)*
//! negated = "-"? primary
//! primary = "(" all ")" | quoted | key ":" value | word
//! ```

use std::ops::Range;

use super::{
    Age, AgeUnit, Filter, FilterError, HistoryTerm, Leaf, MAX_CHARACTERS, MAX_NESTING, Node, Term,
    Way, Words,
    canonical::ends_a_word,
    days::{Days, NoDays},
    suggest::nearest,
};
use crate::model::Status;

const KEYS: [&str; 10] = [
    "mailbox",
    "status",
    "is",
    "assignee",
    "tag",
    "subject",
    "older_than",
    "newer_than",
    "came",
    "left",
];
/// Words of other search boxes and of Hiver's own screen, and what they are called here.
const OTHER_NAMES: [(&str, &str); 13] = [
    ("inbox", "mailbox"),
    ("in", "mailbox"),
    ("label", "tag"),
    ("tags", "tag"),
    ("user", "assignee"),
    ("owner", "assignee"),
    ("state", "status"),
    ("older", "older_than"),
    ("newer", "newer_than"),
    ("before", "older_than"),
    ("after", "newer_than"),
    ("arrived", "came"),
    ("closed", "left"),
];
const STATUSES: [&str; 3] = ["open", "pending", "closed"];
const STATES: [&str; 5] = ["unassigned", "assigned", "open", "pending", "closed"];

/// Reads `text`. Empty text is a filter that lists everything.
///
/// # Errors
///
/// The first place that cannot be read, with what is wrong there.
pub fn parse(text: &str) -> Result<Filter, FilterError> {
    if let Some((excess, _)) = text.char_indices().nth(MAX_CHARACTERS) {
        return Err(FilterError::new(
            excess..text.len(),
            "The filter is longer than 2,000 characters",
        )
        .hint("shorten it, or select the conversations by hand"));
    }
    let mut parser = Parser {
        text,
        at: 0,
        open_groups: 0,
    };
    let root = parser.all()?;
    if parser.at < text.len() {
        let here = parser.at..parser.at + 1;
        return Err(FilterError::new(here, "`)` closes nothing").hint("leave it out"));
    }
    Ok(Filter { root })
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    open_groups: usize,
}

impl<'t> Parser<'t> {
    /// Terms side by side, up to the end or a closing parenthesis, which is left for the caller.
    fn all(&mut self) -> Result<Option<Node>, FilterError> {
        let mut parts = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None | Some(')') => return Ok(Node::all(parts)),
                Some(_) => parts.push(self.any()?),
            }
        }
    }

    fn any(&mut self) -> Result<Node, FilterError> {
        if self.word_ahead() == "OR" {
            return Err(self.dangling_or(self.at, "left"));
        }
        let first = self.negated()?;
        let mut rest = Vec::new();
        loop {
            self.skip_space();
            if self.word_ahead() != "OR" {
                return Ok(Node::any(first, rest));
            }
            let or = self.at;
            self.at += "OR".len();
            self.skip_space();
            if matches!(self.peek(), None | Some(')')) || self.word_ahead() == "OR" {
                return Err(self.dangling_or(or, "right"));
            }
            rest.push(self.negated()?);
        }
    }

    fn negated(&mut self) -> Result<Node, FilterError> {
        if self.peek() != Some('-') {
            return self.primary();
        }
        let minus = self.at;
        self.at += 1;
        let nothing_there = match self.peek() {
            None | Some(')' | '-') => true,
            Some(next) => next.is_whitespace() || self.word_ahead() == "OR",
        };
        if nothing_there {
            return Err(
                FilterError::new(minus..self.at, "`-` stands before nothing to exclude")
                    .hint("write `-` directly before a term, or `\"-\"` to look for the character"),
            );
        }
        self.primary().map(Node::negated)
    }

    fn primary(&mut self) -> Result<Node, FilterError> {
        match self.peek() {
            Some('(') => self.group(),
            Some('"') => {
                let start = self.at;
                let words = self.quoted()?;
                let span = start..self.at;
                if words.trim().is_empty() {
                    return Err(FilterError::new(span, "Nothing stands between the quotes"));
                }
                Ok(leaf(Term::Words(Words::Exact(words)), span))
            }
            _ => self.word(),
        }
    }

    fn group(&mut self) -> Result<Node, FilterError> {
        let open = self.at;
        if self.open_groups == MAX_NESTING {
            return Err(
                FilterError::new(open..open + 1, "Groups are nested more than 20 deep")
                    .hint("leave parentheses out where they change nothing"),
            );
        }
        self.open_groups += 1;
        self.at += 1;
        let inner = self.all()?;
        if self.peek() != Some(')') {
            return Err(FilterError::new(open..open + 1, "`(` is never closed")
                .hint("add a `)` where the group ends"));
        }
        self.at += 1;
        self.open_groups -= 1;
        inner.ok_or_else(|| FilterError::new(open..self.at, "Nothing stands in the parentheses"))
    }

    /// A bare word, or a key with its value.
    fn word(&mut self) -> Result<Node, FilterError> {
        let start = self.at;
        let word = self.word_ahead();
        if let Some((key, after)) = word.split_once(':')
            && is_key(key)
        {
            self.at = start + key.len() + 1;
            let canonical = known_key(key, start..self.at)?;
            let value = self.value(start, canonical, after)?;
            let term = term(canonical, &value)?;
            return Ok(leaf(term, start..self.at));
        }
        self.at += word.len();
        let span = start..self.at;
        match word {
            "AND" => Err(FilterError::new(span, "`AND` is not needed")
                .hint("terms side by side must all hold; write `\"AND\"` to look for the word")),
            "NOT" => Err(FilterError::new(span, "`NOT` is written as `-`")
                .hint("write `-` directly before the term, as in `-tag:vip`")),
            _ => Ok(leaf(Term::Words(Words::Beginning(word.to_owned())), span)),
        }
    }

    /// The value behind a key that began at `start`; `after` is what follows the colon.
    fn value(&mut self, start: usize, key: &str, after: &str) -> Result<Value, FilterError> {
        let begin = self.at;
        let quoted = self.peek() == Some('"');
        let text = if quoted {
            self.quoted()?
        } else {
            self.at += after.len();
            after.to_owned()
        };
        if text.trim().is_empty() {
            let error = FilterError::new(start..self.at, format!("`{key}:` has no value"));
            return Err(if self.peek() == Some('(') {
                error.hint(format!("repeat the key, as in `({key}:a OR {key}:b)`"))
            } else {
                error.hint("write the value directly after the colon")
            });
        }
        Ok(Value {
            text,
            quoted,
            span: begin..self.at,
        })
    }

    /// The text between two quotes; the parser stands on the first.
    fn quoted(&mut self) -> Result<String, FilterError> {
        let open = self.at;
        let mut content = String::new();
        let mut characters = self.text[open + 1..].char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.at = open + 1 + offset + 1;
                    return Ok(content);
                }
                '\\' => {
                    let escaped = characters.next_if(|(_, next)| matches!(next, '"' | '\\'));
                    content.push(escaped.map_or('\\', |(_, next)| next));
                }
                other => content.push(other),
            }
        }
        Err(
            FilterError::new(open..self.text.len(), "The quote is never closed")
                .hint("add a `\"` where it ends"),
        )
    }

    fn dangling_or(&self, or: usize, side: &str) -> FilterError {
        FilterError::new(
            or..or + "OR".len(),
            format!("`OR` has nothing on its {side}"),
        )
        .hint("write a term on both sides, or `\"or\"` to look for the word")
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// What stands here up to a space, a quote or a parenthesis.
    fn word_ahead(&self) -> &'t str {
        let rest = self.rest();
        rest.find(ends_a_word).map_or(rest, |end| &rest[..end])
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }
}

struct Value {
    text: String,
    quoted: bool,
    span: Range<usize>,
}

fn leaf(term: Term, span: Range<usize>) -> Node {
    Node::Leaf(Leaf { term, span })
}

/// `10:30` and `:)` are words; only what could be a name is taken for a key.
fn is_key(text: &str) -> bool {
    text.starts_with(char::is_alphabetic)
        && text
            .chars()
            .all(|character| character.is_alphabetic() || matches!(character, '_' | '-'))
}

fn known_key(written: &str, span: Range<usize>) -> Result<&'static str, FilterError> {
    let lower = written.to_lowercase();
    if let Some(key) = KEYS.into_iter().find(|key| *key == lower) {
        return Ok(key);
    }
    let error = FilterError::new(span, format!("Unknown key `{written}:`"));
    let other_name = OTHER_NAMES
        .into_iter()
        .find_map(|(other, key)| (other == lower).then_some(key));
    Err(
        match other_name.or_else(|| nearest(&lower, KEYS).map(|index| KEYS[index])) {
            Some(key) => error.hint(format!("did you mean `{key}:`?")),
            None => error.hint(format!("to look for the word, write `\"{written}:\"`")),
        },
    )
}

fn term(key: &str, value: &Value) -> Result<Term, FilterError> {
    let text = value.text.clone();
    Ok(match key {
        "mailbox" => Term::Mailbox(text),
        "tag" => Term::Tag(text),
        "status" => Term::Status(
            Status::known(&text).ok_or_else(|| unknown_word("status", value, &STATUSES))?,
        ),
        "is" => match (text.to_ascii_lowercase().as_str(), Status::known(&text)) {
            ("assigned", _) => Term::Assigned,
            ("unassigned", _) => Term::Unassigned,
            (_, Some(status)) => Term::Status(status),
            _ => return Err(unknown_word("is", value, &STATES)),
        },
        "assignee" => {
            let nobody = ["none", "nobody"]
                .iter()
                .any(|word| text.eq_ignore_ascii_case(word));
            if nobody && !value.quoted {
                Term::Unassigned
            } else {
                Term::Assignee(text)
            }
        }
        "subject" => Term::Subject(if value.quoted {
            Words::Exact(text)
        } else {
            Words::Beginning(text)
        }),
        "older_than" => Term::OlderThan(age(key, value)?),
        "came" => history(Way::Came, value)?,
        "left" => history(Way::Left, value)?,
        _ => Term::NewerThan(age(key, value)?),
    })
}

fn history(way: Way, value: &Value) -> Result<Term, FilterError> {
    match Days::read(&value.text) {
        Ok(days) => Ok(Term::History(HistoryTerm { way, days })),
        Err(wrong) => {
            let (key, text) = (way.key(), &value.text);
            let (message, hint) = match wrong {
                NoDays::Unreadable => (
                    format!("`{key}:` cannot read `{text}`"),
                    "write a day, `2026-11-20`, or the first and the last, `2026-11-20..2026-11-26`",
                ),
                NoDays::NoSuchDay => (
                    format!("No calendar has `{text}`"),
                    "write year, month and day, as in `2026-11-20`",
                ),
                NoDays::Backwards => (
                    format!("`{text}` ends before it begins"),
                    "write the earlier day first",
                ),
            };
            Err(FilterError::new(value.span.clone(), message).hint(hint))
        }
    }
}

fn unknown_word(key: &str, value: &Value, known: &[&'static str]) -> FilterError {
    let text = &value.text;
    let error = FilterError::new(
        value.span.clone(),
        format!("`{key}:` does not know `{text}`"),
    );
    match nearest(&text.to_lowercase(), known.iter().copied()) {
        Some(index) => error.hint(format!("did you mean `{}`?", known[index])),
        None => {
            let words: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
            error.hint(format!("it takes {}", words.join(", ")))
        }
    }
}

fn age(key: &str, value: &Value) -> Result<Age, FilterError> {
    let text = &value.text;
    let unreadable =
        |message: String, hint: &str| FilterError::new(value.span.clone(), message).hint(hint);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (amount, unit) = text.split_at(digits);
    let unit = match unit {
        "m" | "M" => AgeUnit::Minutes,
        "h" | "H" => AgeUnit::Hours,
        "d" | "D" => AgeUnit::Days,
        "w" | "W" => AgeUnit::Weeks,
        _ => {
            return Err(unreadable(
                format!("`{key}:` cannot read `{text}`"),
                "write a number and a unit: `30m`, `5h`, `2d` or `1w`",
            ));
        }
    };
    if amount.is_empty() {
        return Err(unreadable(
            format!("`{key}:` has no number in `{text}`"),
            "write a number before the unit, as in `2d`",
        ));
    }
    let amount = amount.parse().map_err(|_| {
        unreadable(
            format!("`{key}:` cannot count as far as `{text}`"),
            "use a shorter time",
        )
    })?;
    Ok(Age { amount, unit })
}
