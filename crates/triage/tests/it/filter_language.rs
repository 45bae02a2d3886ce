//! The filter language: what is read, how it is written back, and what is said when it cannot be read.

use proptest::prelude::*;
use triage::{
    filter::{MAX_CHARACTERS, parse, quote},
    model::Status,
};

#[test]
fn what_is_read_is_written_back_in_one_way() {
    let cases = [
        ("", ""),
        ("  \t ", ""),
        ("refund", "refund"),
        ("MAILBOX:Support", "mailbox:Support"),
        ("mailbox:\"Support\"", "mailbox:Support"),
        ("status:close", "status:closed"),
        ("is:OPEN", "status:open"),
        ("is:assigned is:unassigned", "is:assigned is:unassigned"),
        ("assignee:none", "is:unassigned"),
        ("assignee:Nobody", "is:unassigned"),
        ("assignee:\"nobody\"", "assignee:\"nobody\""),
        ("assignee:\"Ana Ruiz\"", "assignee:\"Ana Ruiz\""),
        ("tag:a:b", "tag:a:b"),
        ("tag:\"a\\b\"", "tag:a\\b"),
        ("tag:\"say \\\"hi\\\" \\\\\"", "tag:\"say \\\"hi\\\" \\\\\""),
        ("subject:refund", "subject:refund"),
        ("subject:\"refund\"", "subject:\"refund\""),
        ("subject:-x", "subject:-x"),
        (
            "older_than:02D newer_than:90m",
            "older_than:2d newer_than:90m",
        ),
        ("newer_than:1h older_than:3w", "newer_than:1h older_than:3w"),
        ("CAME:2026-11-20", "came:2026-11-20"),
        ("came:\"2026-11-20\"", "came:2026-11-20"),
        ("left:2026-11-20..2026-11-20", "left:2026-11-20"),
        (
            "-left:2026-11-20..2026-12-01",
            "-left:2026-11-20..2026-12-01",
        ),
        ("-tag:vip", "-tag:vip"),
        ("-(a)", "-a"),
        ("-(-a)", "a"),
        ("-(a b)", "-(a b)"),
        ("a (b c)", "a b c"),
        ("a OR (b OR c)", "a OR b OR c"),
        ("a b OR c d", "a (b OR c) d"),
        ("(a b) OR c", "(a b) OR c"),
        ("a or b", "a or b"),
        ("a\"b\"(c)", "a \"b\" c"),
        ("10:30 :", "10:30 :"),
        ("re-open -re-open", "re-open -re-open"),
        ("\u{a0}é\u{3000}ü", "é ü"),
    ];
    for (text, canonical) in cases {
        let filter = parse(text).unwrap();
        assert_eq!(filter.to_string(), canonical, "{text}");
    }
}

/// The text, with the place that is underlined between `⟦` and `⟧`; then the message and its hint.
#[test]
fn what_cannot_be_read_is_underlined_and_explained() {
    let cases = [
        ("⟦tga:⟧x", "Unknown key `tga:`\nhint: did you mean `tag:`?"),
        (
            "a ⟦Label:⟧x",
            "Unknown key `Label:`\nhint: did you mean `tag:`?",
        ),
        (
            "⟦older-than:⟧2d",
            "Unknown key `older-than:`\nhint: did you mean `older_than:`?",
        ),
        (
            "⟦http:⟧//x",
            "Unknown key `http:`\nhint: to look for the word, write `\"http:\"`",
        ),
        (
            "status:⟦opne⟧",
            "`status:` does not know `opne`\nhint: did you mean `open`?",
        ),
        (
            "-status:⟦\"x y\"⟧",
            "`status:` does not know `x y`\nhint: it takes `open`, `pending`, `closed`",
        ),
        (
            "is:⟦unasigned⟧",
            "`is:` does not know `unasigned`\nhint: did you mean `unassigned`?",
        ),
        (
            "⟦tag:⟧",
            "`tag:` has no value\nhint: write the value directly after the colon",
        ),
        (
            "⟦tag:⟧ vip",
            "`tag:` has no value\nhint: write the value directly after the colon",
        ),
        (
            "⟦Tag:\" \"⟧",
            "`tag:` has no value\nhint: write the value directly after the colon",
        ),
        (
            "⟦tag:⟧(a OR b)",
            "`tag:` has no value\nhint: repeat the key, as in `(tag:a OR tag:b)`",
        ),
        (
            "older_than:⟦2⟧",
            "`older_than:` cannot read `2`\nhint: write a number and a unit: `30m`, `5h`, `2d` or `1w`",
        ),
        (
            "newer_than:⟦d⟧",
            "`newer_than:` has no number in `d`\nhint: write a number before the unit, as in `2d`",
        ),
        (
            "older_than:⟦-2d⟧",
            "`older_than:` cannot read `-2d`\nhint: write a number and a unit: `30m`, `5h`, `2d` or `1w`",
        ),
        (
            "older_than:⟦99999999999w⟧",
            "`older_than:` cannot count as far as `99999999999w`\nhint: use a shorter time",
        ),
        (
            "came:⟦yesterday⟧",
            "`came:` cannot read `yesterday`\nhint: write a day, `2026-11-20`, or the first and the last, \
             `2026-11-20..2026-11-26`",
        ),
        (
            "left:⟦2026-02-30⟧",
            "No calendar has `2026-02-30`\nhint: write year, month and day, as in `2026-11-20`",
        ),
        (
            "-left:⟦2026-11-20..2026-11-19⟧ a",
            "`2026-11-20..2026-11-19` ends before it begins\nhint: write the earlier day first",
        ),
        (
            "⟦after:⟧2026-11-20",
            "Unknown key `after:`\nhint: did you mean `newer_than:`?",
        ),
        (
            "⟦cam:⟧2026-11-20",
            "Unknown key `cam:`\nhint: did you mean `came:`?",
        ),
        (
            "a ⟦\"b c⟧",
            "The quote is never closed\nhint: add a `\"` where it ends",
        ),
        (
            "tag:⟦\"b\\\"⟧",
            "The quote is never closed\nhint: add a `\"` where it ends",
        ),
        ("é ⟦\"\"⟧", "Nothing stands between the quotes"),
        (
            "⟦OR⟧ a",
            "`OR` has nothing on its left\nhint: write a term on both sides, or `\"or\"` to look for the word",
        ),
        (
            "a ⟦OR⟧",
            "`OR` has nothing on its right\nhint: write a term on both sides, or `\"or\"` to look for the word",
        ),
        (
            "(a ⟦OR⟧) b",
            "`OR` has nothing on its right\nhint: write a term on both sides, or `\"or\"` to look for the word",
        ),
        (
            "a ⟦OR⟧ OR b",
            "`OR` has nothing on its right\nhint: write a term on both sides, or `\"or\"` to look for the word",
        ),
        (
            "a ⟦AND⟧ b",
            "`AND` is not needed\nhint: terms side by side must all hold; write `\"AND\"` to look for the word",
        ),
        (
            "⟦NOT⟧ b",
            "`NOT` is written as `-`\nhint: write `-` directly before the term, as in `-tag:vip`",
        ),
        (
            "a ⟦-⟧ b",
            "`-` stands before nothing to exclude\nhint: write `-` directly before a term, or `\"-\"` to look for the character",
        ),
        (
            "⟦-⟧-a",
            "`-` stands before nothing to exclude\nhint: write `-` directly before a term, or `\"-\"` to look for the character",
        ),
        (
            "a ⟦(⟧b",
            "`(` is never closed\nhint: add a `)` where the group ends",
        ),
        ("a ⟦()⟧", "Nothing stands in the parentheses"),
        ("a ⟦)⟧ b", "`)` closes nothing\nhint: leave it out"),
    ];
    for (marked, expected) in cases {
        let start = marked.find('⟦').unwrap();
        let text = marked.replace(['⟦', '⟧'], "");
        let end = marked.find('⟧').unwrap() - '⟦'.len_utf8();
        let error = parse(&text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
        assert_eq!(error.span, start..end, "{text}");
    }
}

#[test]
fn length_and_nesting_are_bounded() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(20)).is_ok());
    let error = parse(&nested(21)).unwrap_err();
    assert_eq!(error.span, 20..21);
    assert!(
        parse(&"(a) ".repeat(100)).is_ok(),
        "side by side is not deep"
    );

    let longest = "é".repeat(MAX_CHARACTERS);
    assert!(parse(&longest).is_ok());
    let error = parse(&format!("{longest}éé")).unwrap_err();
    assert_eq!(error.span, 2 * MAX_CHARACTERS..2 * MAX_CHARACTERS + 4);
}

#[test]
fn a_deep_filter_is_written_without_parentheses_it_does_not_need() {
    let deep = format!("{}z{}", "a b OR (c ".repeat(20), ")".repeat(20));
    let filter = parse(&deep).unwrap();
    assert_eq!(parse(&filter.to_string()).as_ref(), Ok(&filter));
}

#[test]
fn plain_facts_are_told() {
    let cases: [(&str, Option<&str>, &[Status]); 8] = [
        ("", None, &[]),
        ("mailbox:Support", Some("Support"), &[]),
        (
            "mailbox:Support is:open x",
            Some("Support"),
            &[Status::Open],
        ),
        ("mailbox:a mailbox:b", None, &[]),
        ("mailbox:a OR mailbox:b", None, &[]),
        ("-mailbox:a -is:open", None, &[]),
        (
            "is:open OR is:pending x",
            None,
            &[Status::Open, Status::Pending],
        ),
        ("is:open OR x", None, &[]),
    ];
    for (text, mailbox, statuses) in cases {
        let filter = parse(text).unwrap();
        assert_eq!(filter.single_mailbox(), mailbox, "{text}");
        assert_eq!(filter.statuses(), statuses, "{text}");
        assert_eq!(filter.is_everything(), text.is_empty());
    }
}

#[test]
fn what_is_asked_of_the_history_is_told_once() {
    let filter = parse("a came:2026-11-20 -(left:2026-11-20 OR (came:2026-11-20 b))").unwrap();
    let mut asked: Vec<String> = filter
        .asked_of_history()
        .into_iter()
        .map(|term| format!("{} {}", term.way.key(), term.days))
        .collect();
    asked.sort();
    assert_eq!(asked, ["came 2026-11-20", "left 2026-11-20"]);
    assert!(parse("is:open").unwrap().asked_of_history().is_empty());
}

#[test]
fn errors_travel_to_the_browser() {
    let error = parse("tag:").unwrap_err();
    let json = serde_json::to_string(&error).unwrap();
    assert_eq!(
        serde_json::from_str::<triage::filter::FilterError>(&json).unwrap(),
        error
    );
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~]{1,8}",
        any::<String>(),
        Just("none".to_owned())
    ]
    .prop_filter("an empty value is an error", |value| {
        !value.trim().is_empty()
    })
}

fn term() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["mailbox", "tag", "assignee", "subject"]);
    let fixed = vec![
        "is:open",
        "is:assigned",
        "is:unassigned",
        "status:close",
        "assignee:none",
        "older_than:2d",
        "newer_than:90m",
        "came:2026-11-20",
        "left:2026-02-28..2026-03-01",
        "refund",
        "subject:re",
        "10:30",
    ];
    prop_oneof![
        (key, value()).prop_map(|(key, value)| format!("{key}:{}", quote(&value))),
        value()
            .prop_map(|value| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))),
        prop::sample::select(fixed).prop_map(str::to_owned),
    ]
}

fn filter_text() -> impl Strategy<Value = String> {
    term().prop_recursive(4, 24, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            several().prop_map(|parts| format!("({})", parts.join(" "))),
            several().prop_map(|parts| format!("({})", parts.join(" OR "))),
            several().prop_map(|parts| format!("-({})", parts.join(" "))),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_text_reads_back_as_the_same_filter(text in filter_text()) {
        prop_assume!(text.chars().count() < MAX_CHARACTERS / 2);
        let filter = parse(&text).unwrap();
        let canonical = filter.to_string();
        let again = parse(&canonical).unwrap();
        prop_assert_eq!(&again, &filter);
        prop_assert_eq!(again.to_string(), canonical);
    }

    #[test]
    fn any_heap_of_tokens_is_read_back_or_refused_at_a_place(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", " ", "OR", "-", "\"", "\\", "tag:", "a", "é", "is:open", "AND", ":", "2d",
                "older_than:", "subject:", "\u{3000}", "left:", "2026-11-20", "..",
            ]),
            0..14,
        )
    ) {
        let text = tokens.concat();
        match parse(&text) {
            Ok(filter) => prop_assert_eq!(parse(&filter.to_string()), Ok(filter)),
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some_and(|place| !place.is_empty()));
            }
        }
    }

    #[test]
    fn a_quoted_value_is_one_value(value in value()) {
        let filter = parse(&format!("mailbox:{}", quote(&value))).unwrap();
        prop_assert_eq!(filter.single_mailbox(), Some(value.as_str()));
    }
}
