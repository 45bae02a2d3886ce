//! Folding: the form in which words are compared.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// `text` without case and accents: NFKD, marks dropped, lower case. Folding twice changes nothing.
///
/// The mirror stores subjects in this form, so that a filter over all rows folds only its own words.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        // Lower case can bring decomposable characters back, and both small sigmas are one letter.
        .nfkd()
        .filter(|character| !is_combining_mark(*character))
        .map(|character| if character == 'ς' { 'σ' } else { character })
        .collect()
}

/// Letters of scripts that are written without spaces between words: Thai, Lao, Myanmar, Khmer, kana,
/// Han.
#[must_use]
pub fn is_unspaced(character: char) -> bool {
    matches!(
        character,
        '\u{0e00}'..='\u{0eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_accents_and_widths_go() {
        let cases = [
            ("Refund", "refund"),
            ("RÉSUMÉ", "resume"),
            ("Re\u{301}sume\u{301}", "resume"),
            ("İstanbul", "istanbul"),
            ("ＡＢＣ１", "abc1"),
            ("ﬁne", "fine"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("Straße", "straße"),
            ("请求退款", "请求退款"),
            ("a\u{a0}b", "a b"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(fold(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }

    #[test]
    fn every_single_character_folds_to_a_fixed_point() {
        for character in char::MIN..=char::MAX {
            let once = fold(character.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(character));
        }
    }
}
