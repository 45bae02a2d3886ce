//! Notes with placeholders.

use triage::actions::MAX_NOTE_CHARACTERS;

/// What a placeholder of a note stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The title of the rule.
    Rule,
    /// The text that was found: as it is written in the rule, or, for a pattern, the part that fits.
    Matched,
    /// The subject of the conversation.
    Subject,
    /// The name of the mailbox.
    Mailbox,
}

impl Placeholder {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Rule, Self::Matched, Self::Subject, Self::Mailbox];

    /// How it is written, without its braces.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Matched => "matched",
            Self::Subject => "subject",
            Self::Mailbox => "mailbox",
        }
    }
}

/// A piece of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stays.
    Text(&'a str),
    /// A placeholder.
    Value(Placeholder),
    /// Something in double braces that is no placeholder; with its braces.
    Strange(&'a str),
}

/// The pieces of a note, in order.
pub fn pieces(note: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = note;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, length) = match rest.strip_prefix("{{").and_then(|inner| inner.find("}}")) {
            Some(end) => {
                let word = rest[2..2 + end].trim();
                let known = Placeholder::ALL
                    .into_iter()
                    .find(|placeholder| placeholder.word() == word);
                let length = end + 4;
                let strange = Piece::Strange(&rest[..length]);
                (known.map_or(strange, Piece::Value), length)
            }
            None => {
                // At least one character is taken, so that braces without an end do not stop the walk.
                let first = rest.chars().next().map_or(1, char::len_utf8);
                let length = rest[first..].find("{{").map_or(rest.len(), |at| at + first);
                (Piece::Text(&rest[..length]), length)
            }
        };
        rest = &rest[length..];
        Some(piece)
    })
}

/// The note with its placeholders filled in, cut to what Hiver is sent. What a value contains is not looked through
/// again.
#[must_use]
pub fn fill<'a>(note: &str, value: impl Fn(Placeholder) -> &'a str) -> String {
    let mut text = String::with_capacity(note.len() + 32);
    for piece in pieces(note) {
        text.push_str(match piece {
            Piece::Text(text) | Piece::Strange(text) => text,
            Piece::Value(placeholder) => value(placeholder),
        });
    }
    if let Some((end, _)) = text.char_indices().nth(MAX_NOTE_CHARACTERS) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(note: &str) -> String {
        fill(note, |placeholder| match placeholder {
            Placeholder::Rule => "Bills",
            Placeholder::Matched => "{{subject}}",
            Placeholder::Subject => "My invoice",
            Placeholder::Mailbox => "Support",
        })
    }

    #[test]
    fn placeholders_are_filled_once() {
        let cases = [
            ("", ""),
            ("no braces }} here", "no braces }} here"),
            ("{{rule}}/{{ mailbox }}", "Bills/Support"),
            ("found \"{{matched}}\".", "found \"{{subject}}\"."),
            ("{{subject}}{{subject}}", "My invoiceMy invoice"),
            ("{{other}} {{rule", "{{other}} {{rule"),
            ("{{{rule}}}", "{{{rule}}}"),
            ("ä{{rule}}", "äBills"),
        ];
        for (note, expected) in cases {
            assert_eq!(filled(note), expected, "{note}");
        }
        let long = filled(&"ä".repeat(MAX_NOTE_CHARACTERS + 5));
        assert_eq!(long.chars().count(), MAX_NOTE_CHARACTERS);
    }

    proptest! {
        #[test]
        fn pieces_are_all_of_the_note(note in "[{}a rule]{0,40}") {
            let together: String = pieces(&note)
                .map(|piece| match piece {
                    Piece::Text(text) | Piece::Strange(text) => text.to_owned(),
                    Piece::Value(value) => format!("{{{{{}}}}}", value.word()),
                })
                .collect();
            prop_assert_eq!(together.replace(' ', ""), note.replace(' ', ""));
        }
    }
}
