//! The forms in which texts are compared.

use std::borrow::Cow;

use triage::fold;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::model::{TextCondition, TextTest};

/// A form of a text. A condition compares what it looks for and the text in one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Neither case nor accents: that of the mirror.
    Folded,
    /// Case, no accents.
    Cased,
    /// Accents, no case.
    Accented,
    /// Both.
    Exact,
    /// Lower case and nothing else, as the tutorial compares.
    Lowercase,
}

impl Form {
    pub(crate) const COUNT: usize = 5;

    /// The form in which `condition` looks at a text. A pattern makes its own exception from case.
    pub(crate) fn of(condition: &TextCondition) -> Self {
        let case = condition.match_case || condition.test == TextTest::Regex;
        match (condition.test, case, condition.match_accents) {
            (TextTest::LowercaseContains, _, _) => Self::Lowercase,
            (_, false, false) => Self::Folded,
            (_, true, false) => Self::Cased,
            (_, false, true) => Self::Accented,
            (_, true, true) => Self::Exact,
        }
    }

    pub(crate) fn apply(self, text: &str) -> Cow<'_, str> {
        if text.is_ascii() {
            return match self {
                Self::Cased | Self::Exact => Cow::Borrowed(text),
                _ if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                    Cow::Owned(text.to_ascii_lowercase())
                }
                _ => Cow::Borrowed(text),
            };
        }
        Cow::Owned(match self {
            Self::Folded => fold(text),
            Self::Cased => text
                .nfkd()
                .filter(|character| !is_combining_mark(*character))
                .collect(),
            Self::Accented => {
                let composed: String = text.nfkc().collect();
                composed.to_lowercase().nfkc().collect()
            }
            Self::Exact => text.nfc().collect(),
            Self::Lowercase => text.to_lowercase(),
        })
    }
}

/// What a condition looks for, in `form`. What the tutorial looks for is taken as it stands.
pub(crate) fn needle(text: &str, form: Form) -> String {
    match form {
        Form::Lowercase => text.to_owned(),
        other => other.apply(text).into_owned(),
    }
}

/// Whether `needle` is in `text` with no letter, digit or mark right before or after it. Where `needle` begins or
/// ends with something else (`#42`, `c++`), or in a script without spaces between words, that side is free.
pub(crate) fn has_word(text: &str, needle: &str) -> bool {
    let (Some(first), Some(last)) = (needle.chars().next(), needle.chars().next_back()) else {
        return true;
    };
    let mut from = 0;
    while let Some(found) = text[from..].find(needle) {
        let at = from + found;
        let before = text[..at].chars().next_back();
        let after = text[at + needle.len()..].chars().next();
        if is_apart(first, before) && is_apart(last, after) {
            return true;
        }
        // Occurrences may overlap, so only one character is passed over.
        from = at + first.len_utf8();
    }
    false
}

fn is_apart(own: char, neighbour: Option<char>) -> bool {
    neighbour.is_none_or(|neighbour| {
        let joined = |character: char| {
            (character.is_alphanumeric() || is_combining_mark(character))
                && !triage::is_unspaced(character)
        };
        !joined(own) || !joined(neighbour)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_stand_alone() {
        let cases = [
            ("my refund please", "refund", true),
            ("prerefund", "refund", false),
            ("refunds", "refund", false),
            ("refunds refund", "refund", true),
            ("re:refund!", "refund", true),
            ("c++ or rust", "c++", true),
            ("re#42", "#42", true),
            ("#421", "#42", false),
            ("请求退款吗", "退款", true),
            ("客户vip退款", "vip", true),
            ("naïve", "na", false),
            ("aa aaa", "aa", true),
            ("aaa", "aa", false),
            ("", "x", false),
        ];
        for (text, needle, expected) in cases {
            assert_eq!(has_word(text, needle), expected, "{needle} in {text}");
        }
    }

    #[test]
    fn forms_keep_what_they_are_named_for() {
        let text = "Re\u{301}sumÉ ﬁ";
        let cases = [
            (Form::Folded, "resume fi"),
            (Form::Cased, "ResumE fi"),
            (Form::Accented, "résumé fi"),
            (Form::Exact, "RésumÉ ﬁ"),
            (Form::Lowercase, "re\u{301}sumé ﬁ"),
        ];
        for (form, expected) in cases {
            assert_eq!(form.apply(text), expected, "{form:?}");
        }
    }

    /// The automaton looks at folded texts only. That loses nothing if what is in a text in any form is in it folded.
    fn folds_through(form: Form, text: &str, needle: &str) -> Result<(), TestCaseError> {
        let applied = form.apply(text).into_owned();
        prop_assert_eq!(fold(&applied), fold(text), "{:?}", form);
        if applied.contains(needle) {
            prop_assert!(fold(text).contains(&fold(needle)), "{form:?}");
        }
        Ok(())
    }

    const FORMS: [Form; Form::COUNT] = [
        Form::Folded,
        Form::Cased,
        Form::Accented,
        Form::Exact,
        Form::Lowercase,
    ];

    proptest! {
        #[test]
        fn what_is_in_a_text_is_in_it_folded(text in any::<String>(), from in 0_usize..20, length in 1_usize..8) {
            for form in FORMS {
                let needle: String = form.apply(&text).chars().skip(from).take(length).collect();
                folds_through(form, &text, &needle)?;
            }
        }
    }

    #[test]
    fn every_single_character_folds_the_same_in_every_form() {
        // Ideographs and Hangul syllables have no case; above are none that are assigned but ideographs.
        let blocks = [
            '\0'..='\u{33ff}',
            '\u{a000}'..='\u{abff}',
            '\u{d7a4}'..='\u{1ffff}',
            '\u{2f800}'..='\u{2fa1f}',
            '\u{e0000}'..='\u{e01ff}',
        ];
        for character in blocks.into_iter().flatten() {
            let text = format!("a{character}b");
            for form in FORMS {
                assert_eq!(
                    fold(&form.apply(&text)),
                    fold(&text),
                    "{form:?} U+{:04X}",
                    u32::from(character)
                );
            }
        }
    }
}
