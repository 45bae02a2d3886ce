//! What tests of texts say about each other.

use triage::fold;

use crate::{
    form::{Form, has_word, needle},
    model::{TextCondition, TextTest},
    warning::Impossible,
};

/// Why these tests cannot all turn out as wanted, if that can be told.
pub(super) fn impossible(texts: &[(&TextCondition, bool)]) -> Option<Impossible> {
    let wanted = || {
        texts
            .iter()
            .filter(|(_, positive)| *positive)
            .map(|(text, _)| *text)
    };
    if wanted().any(looks_for_upper_case) {
        return Some(Impossible::UpperCase);
    }
    let unwanted = texts.iter().filter(|(_, positive)| !*positive);
    let denied = unwanted
        .map(|(text, _)| *text)
        .any(|unwanted| wanted().any(|wanted| implies(wanted, unwanted)));
    let unequal = wanted()
        .filter(|text| text.test == TextTest::Equals)
        .any(|equal| wanted().any(|other| rules_out(equal, other)));
    (denied || unequal).then_some(Impossible::Text)
}

/// Whether `text` turns out as `positive` says wherever these do.
pub(super) fn implied(
    texts: &[(&TextCondition, bool)],
    text: &TextCondition,
    positive: bool,
) -> bool {
    texts.iter().any(|(known, known_positive)| {
        *known_positive == positive
            && if positive {
                implies(known, text)
            } else {
                implies(text, known)
            }
    })
}

/// In a text in lower case nothing is found that has upper case.
fn looks_for_upper_case(text: &TextCondition) -> bool {
    let upper = |character: char| !character.to_lowercase().eq([character]);
    text.test == TextTest::LowercaseContains
        && text.texts.iter().all(|text| text.chars().any(upper))
}

/// Whether whatever has one of the texts of `narrow` has one of `wide`, both taken as not negated.
fn implies(narrow: &TextCondition, wide: &TextCondition) -> bool {
    narrow.field == wide.field
        && narrow.texts.iter().all(|text| {
            let mut texts = wide.texts.iter();
            texts.any(|other| one_implies(narrow, text, wide, other))
        })
}

fn one_implies(narrow: &TextCondition, text: &str, wide: &TextCondition, other: &str) -> bool {
    use TextTest::{Contains, Ends, Equals, LowercaseContains, Regex, Starts, Word};
    let (narrow_form, wide_form) = (Form::of(narrow), Form::of(wide));
    if narrow.test == Regex || wide.test == Regex {
        return narrow.test == wide.test
            && narrow_form == wide_form
            && narrow.match_case == wide.match_case
            && text == other;
    }
    // What is in a text in any form is in it folded; other forms say nothing about each other.
    let (text, other) = if narrow_form == wide_form {
        (needle(text, narrow_form), needle(other, wide_form))
    } else if wide_form == Form::Folded && wide.test != Word {
        (fold(text), fold(other))
    } else {
        return false;
    };
    match (narrow.test, wide.test) {
        (_, Contains) | (LowercaseContains, LowercaseContains) => text.contains(&other),
        (Equals, Equals) | (Word, Word) => text == other,
        (Equals, Word) => has_word(&text, &other),
        (Equals | Starts, Starts) => text.starts_with(&other),
        (Equals | Ends, Ends) => text.ends_with(&other),
        _ => false,
    }
}

/// Whether none of the texts that `equal` allows is one that `other` allows. Of several texts, each may be another.
fn rules_out(equal: &TextCondition, other: &TextCondition) -> bool {
    let form = Form::of(equal);
    if equal.field.has_several() || equal.field != other.field || form != Form::of(other) {
        return false;
    }
    equal.texts.iter().all(|text| {
        let text = needle(text, form);
        !other.texts.iter().any(|sought| {
            let sought = needle(sought, form);
            match other.test {
                TextTest::Contains | TextTest::LowercaseContains => text.contains(&sought),
                TextTest::Word => has_word(&text, &sought),
                TextTest::Equals => text == sought,
                TextTest::Starts => text.starts_with(&sought),
                TextTest::Ends => text.ends_with(&sought),
                TextTest::Regex => true,
            }
        })
    })
}
