//! Lists and quotations.

use triage::{
    model::{Directory, MailboxId},
    text::count,
};

/// So many entries of a list are named; of longer ones the first few.
const MOST_LISTED: usize = 6;

/// So many characters of a text are quoted.
pub(super) const MOST_QUOTED: usize = 120;

/// `a`, `a or b`, `a, b or c`; of a long list its beginning: `a, b, c, d, e or 12 more`.
#[must_use]
pub fn listed(parts: &[String], conjunction: &str) -> String {
    let (shown, more) = if parts.len() > MOST_LISTED {
        (MOST_LISTED - 1, parts.len() - MOST_LISTED + 1)
    } else {
        (parts.len(), 0)
    };
    let mut shown: Vec<String> = parts[..shown].to_vec();
    if more > 0 {
        shown.push(format!("{} more", count(more as u64)));
    }
    match shown.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} {conjunction} {last}", rest.join(", ")),
    }
}

/// A text in quotation marks, long ones cut: `“invoice”`.
#[must_use]
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(MOST_QUOTED) {
        Some((end, _)) => format!("“{}…”", &text[..end]),
        None => format!("“{text}”"),
    }
}

/// The name of a mailbox, else the id.
#[must_use]
pub fn mailbox_name(mailbox: &MailboxId, names: &Directory) -> String {
    let known = names.mailbox(mailbox);
    known.map_or_else(|| mailbox.to_string(), |mailbox| mailbox.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_and_texts_are_cut() {
        let list = |length: usize| -> Vec<String> {
            (0..length).map(|number| number.to_string()).collect()
        };
        assert_eq!(listed(&list(0), "or"), "");
        assert_eq!(listed(&list(1), "or"), "0");
        assert_eq!(listed(&list(2), "or"), "0 or 1");
        assert_eq!(listed(&list(6), "and"), "0, 1, 2, 3, 4 and 5");
        assert_eq!(listed(&list(10_000), "or"), "0, 1, 2, 3, 4 or 9,995 more");
        assert_eq!(quoted("ä"), "“ä”");
        assert_eq!(quoted(&"ä".repeat(200)), format!("“{}…”", "ä".repeat(120)));
    }
}
