//! Patterns: bounded in size, linear in time, and looked for only where a word of theirs is.

use regex::{Regex, RegexBuilder};
use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind},
};

use crate::{
    form::Form,
    model::TextCondition,
    problem::{MAX_PATTERN_CHARACTERS, ProblemKind},
};

/// The largest compiled pattern, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// The most memory that a pattern uses to go faster, in bytes per thread.
const CACHE_LIMIT: usize = 1 << 18;
/// The deepest nesting of groups in a pattern.
const NEST_LIMIT: u32 = 50;
/// More words than this are not worth looking for first.
const MOST_WORDS: usize = 64;

/// A pattern that is ready to be looked for.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(crate) regex: Regex,
    /// Folded words of which one is in every text that fits; `None` where there are none.
    pub(crate) words: Option<Vec<String>>,
}

/// Compiles `pattern` as `condition` wants it compared.
///
/// # Errors
///
/// It is too long, cannot be read, or grows too large.
pub(crate) fn compile(pattern: &str, condition: &TextCondition) -> Result<Pattern, ProblemKind> {
    let characters = pattern.chars().count();
    if characters > MAX_PATTERN_CHARACTERS {
        return Err(ProblemKind::LongPattern(characters));
    }
    let form = Form::of(condition);
    let wanted = if form == Form::Cased {
        without_accents(pattern)
    } else {
        form.apply(pattern).into_owned()
    };
    let parsed = ParserBuilder::new()
        .nest_limit(NEST_LIMIT)
        .build()
        .parse(&wanted)
        .map_err(|error| unreadable(pattern, &error.to_string()))?;
    let regex = RegexBuilder::new(&wanted)
        .case_insensitive(!condition.match_case)
        .nest_limit(NEST_LIMIT)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(CACHE_LIMIT)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => ProblemKind::BigPattern(short(pattern)),
            other => unreadable(pattern, &other.to_string()),
        })?;
    Ok(Pattern {
        regex,
        words: words(&parsed).filter(|words| words.len() <= MOST_WORDS),
    })
}

fn unreadable(pattern: &str, message: &str) -> ProblemKind {
    // The first line is a heading, the next ones draw the place, and the last one says what is wrong.
    let last = message.lines().last().unwrap_or(message);
    ProblemKind::Pattern {
        pattern: short(pattern),
        reason: last.trim_start_matches("error: ").to_owned(),
    }
}

fn short(pattern: &str) -> String {
    match pattern.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &pattern[..end]),
        None => pattern.to_owned(),
    }
}

/// Only letters change, so that what has a meaning in a pattern keeps it.
fn without_accents(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        let alone = character.encode_utf8(&mut [0; 4]).to_owned();
        let plain = Form::Cased.apply(&alone);
        if plain.chars().all(char::is_alphanumeric) {
            text.push_str(&plain);
        } else {
            text.push(character);
        }
    }
    text
}

/// Folded words of which one is in every text that fits. Only ASCII: those fold by themselves, whatever stands beside
/// them, and whatever else counts as the same letter folds to them.
fn words(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).ok()?;
            text.split(|character: char| !character.is_ascii())
                .max_by_key(|part| part.len())
                .filter(|part| part.len() > 1)
                .map(|part| vec![part.to_ascii_lowercase()])
        }
        HirKind::Capture(capture) => words(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => words(&repetition.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .filter_map(words)
            .max_by_key(|words| words.iter().map(String::len).min()),
        HirKind::Alternation(parts) => {
            let all: Option<Vec<Vec<String>>> = parts.iter().map(words).collect();
            all.map(|all| all.concat())
        }
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TextTest;

    fn condition(match_case: bool, match_accents: bool) -> TextCondition {
        TextCondition {
            test: TextTest::Regex,
            match_case,
            match_accents,
            ..TextCondition::subject_contains(["x"])
        }
    }

    fn fits(pattern: &str, text: &str, condition: &TextCondition) -> bool {
        let form = Form::of(condition);
        let pattern = compile(pattern, condition).unwrap();
        pattern.regex.is_match(&form.apply(text))
    }

    #[test]
    fn case_and_accents_matter_by_choice() {
        assert!(fits(r"r[ée]sumé\b", "My RESUME", &condition(false, false)));
        assert!(!fits("résumé", "My RESUME", &condition(false, true)));
        assert!(fits(
            "résumé",
            "My RE\u{301}SUME\u{301}",
            &condition(false, true)
        ));
        assert!(!fits("résumé", "My RESUME", &condition(true, false)));
        assert!(fits("RÉSUMÉ", "My RESUME", &condition(true, false)));
    }

    #[test]
    fn every_fitting_text_has_one_of_the_words() {
        let cases: [(&str, Option<&[&str]>); 8] = [
            (r"invoice\s+#?\d+", Some(&["invoice"])),
            ("(card|account) lost", Some(&[" lost"])),
            ("refund|money back", Some(&["refund", "money back"])),
            (r"\d+", None),
            ("(invoice)?", None),
            ("(invoice)+", Some(&["invoice"])),
            ("a|refund", None),
            ("Größe 42", Some(&["e 42"])),
        ];
        for (pattern, expected) in cases {
            let found = compile(pattern, &condition(false, true)).unwrap().words;
            let expected = expected.map(|all| all.iter().map(ToString::to_string).collect());
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_would_explode_are_refused() {
        let all = condition(false, false);
        for pattern in [
            "(a{1000}){1000}",
            r"(\w{100}){200}",
            "((((a{30}){30}){30}){30}){30}",
        ] {
            let problem = compile(pattern, &all).unwrap_err();
            assert!(matches!(problem, ProblemKind::BigPattern(_)), "{problem}");
        }
        let problem = compile(&"a".repeat(100_000), &all).unwrap_err();
        assert_eq!(problem, ProblemKind::LongPattern(100_000));
        let problem = compile(&"(".repeat(400), &all).unwrap_err();
        assert!(matches!(problem, ProblemKind::Pattern { .. }), "{problem}");
        let problem = compile("a(b", &all).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "the pattern `a(b` cannot be read: unclosed group"
        );
    }

    #[test]
    fn what_would_backtrack_for_ever_is_linear() {
        let all = condition(false, false);
        let text = "a".repeat(50_000);
        assert!(!fits("(a+)+$b", &text, &all));
        assert!(!fits("(a|a)*c", &text, &all));
    }
}
