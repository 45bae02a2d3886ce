//! A filter written back as text.

use std::fmt::{self, Write as _};

use super::{Age, AgeUnit, Filter, HistoryTerm, MAX_NESTING, Node, Term, Words};

/// `value` as it is written behind a key: in quotes where it needs them. `quote("Ana Ruiz")` is
/// `"Ana Ruiz"` with its quotes, `quote("billing")` is `billing`.
#[must_use]
pub fn quote(value: &str) -> String {
    // `assignee:none` means nobody, so a user of that name is written in quotes.
    let reserved = ["none", "nobody"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word));
    let plain = !value.is_empty() && !value.contains(ends_a_word) && !reserved;
    if plain {
        value.to_owned()
    } else {
        in_quotes(value)
    }
}

/// Whether a bare word or value stops in front of `character`.
pub(super) fn ends_a_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '(' | ')')
}

fn in_quotes(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(root) = &self.root else {
            return Ok(());
        };
        // Parentheses around every `OR` make the reading visible. They are left out only where they
        // would nest deeper than the reader of the text accepts.
        let style = if nesting(root) <= MAX_NESTING {
            Parentheses::Visible
        } else {
            Parentheses::Needed
        };
        write_node(formatter, root, style)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parentheses {
    Visible,
    Needed,
}

/// How deep the visible parentheses of `node` would nest.
fn nesting(node: &Node) -> usize {
    match node {
        Node::Leaf(_) => 0,
        Node::Not(inner) => nesting(inner) + usize::from(is_group(inner)),
        Node::All(parts) | Node::Any(parts) => parts
            .iter()
            .map(|part| nesting(part) + usize::from(is_group(part)))
            .max()
            .unwrap_or_default(),
    }
}

fn is_group(node: &Node) -> bool {
    matches!(node, Node::All(_) | Node::Any(_))
}

fn write_node(out: &mut impl fmt::Write, node: &Node, style: Parentheses) -> fmt::Result {
    match node {
        Node::Leaf(leaf) => write_term(out, &leaf.term),
        Node::Not(inner) => {
            out.write_char('-')?;
            write_part(out, inner, is_group(inner), style)
        }
        Node::All(parts) => {
            let parenthesise = |part: &Node| is_group(part) && style == Parentheses::Visible;
            write_parts(out, parts, " ", parenthesise, style)
        }
        Node::Any(parts) => write_parts(out, parts, " OR ", is_group, style),
    }
}

fn write_parts(
    out: &mut impl fmt::Write,
    parts: &[Node],
    between: &str,
    parenthesise: impl Fn(&Node) -> bool,
    style: Parentheses,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.write_str(between)?;
        }
        write_part(out, part, parenthesise(part), style)?;
    }
    Ok(())
}

fn write_part(
    out: &mut impl fmt::Write,
    part: &Node,
    parenthesise: bool,
    style: Parentheses,
) -> fmt::Result {
    if !parenthesise {
        return write_node(out, part, style);
    }
    out.write_char('(')?;
    write_node(out, part, style)?;
    out.write_char(')')
}

fn write_term(out: &mut impl fmt::Write, term: &Term) -> fmt::Result {
    match term {
        Term::Mailbox(name) => write!(out, "mailbox:{}", quote(name)),
        Term::Status(status) => write!(out, "status:{status}"),
        Term::Assigned => out.write_str("is:assigned"),
        Term::Unassigned => out.write_str("is:unassigned"),
        Term::Assignee(name) => write!(out, "assignee:{}", quote(name)),
        Term::Tag(name) => write!(out, "tag:{}", quote(name)),
        Term::Subject(words) => write!(out, "subject:{words}"),
        Term::Words(words) => write!(out, "{words}"),
        Term::OlderThan(age) => write!(out, "older_than:{age}"),
        Term::NewerThan(age) => write!(out, "newer_than:{age}"),
        Term::History(HistoryTerm { way, days }) => write!(out, "{}:{days}", way.key()),
    }
}

impl fmt::Display for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beginning(word) => formatter.write_str(word),
            Self::Exact(words) => formatter.write_str(&in_quotes(words)),
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.amount)?;
        formatter.write_char(match self.unit {
            AgeUnit::Minutes => 'm',
            AgeUnit::Hours => 'h',
            AgeUnit::Days => 'd',
            AgeUnit::Weeks => 'w',
        })
    }
}
