//! Which rows a filter lists.

use proptest::prelude::*;
use triage::{
    filter::parse,
    fold,
    model::{Assignee, Conversation, Directory, Status},
};

use crate::support::{DAY, NOW, conversation, directory, lists, somebody};

/// Known in everything: open, Ana's, tagged billing, in Support, two days old.
fn known() -> Conversation {
    Conversation {
        mailbox: Some("mb_1".into()),
        subject: Some("Rückerstattung: Refund #42, \"urgent\"".to_owned()),
        status: Some(Status::Open),
        assignee: somebody("u_ana"),
        tags: Some(vec!["t_billing".into()]),
        created_at: Some(NOW - 2 * DAY),
        ..conversation("c1")
    }
}

#[test]
fn a_known_row_is_listed_by_a_term_or_by_its_negation() {
    let cases = [
        ("", true),
        ("mailbox:support", true),
        ("mailbox:SUPPORT@example.com", true),
        ("mailbox:mb_1", true),
        ("mailbox:Vertrieb", false),
        ("status:open", true),
        ("status:closed", false),
        ("is:assigned", true),
        ("is:unassigned", false),
        ("assignee:\"ana ruiz\"", true),
        ("assignee:ana@example.com", true),
        ("assignee:u_ben", false),
        ("tag:Billing", true),
        ("tag:vip", false),
        ("refund", true),
        ("REF", true),
        ("fund", false),
        ("ruckerst", true),
        ("RÜCK", true),
        ("#42", true),
        ("42", true),
        ("subject:refund", true),
        ("subject:billing", false),
        ("\"ung: ref\"", true),
        ("\"\\\"URGENT\\\"\"", true),
        ("subject:\"fund #4\"", true),
        ("\"refund 42\"", false),
        ("older_than:2d", true),
        ("older_than:49h", false),
        ("newer_than:2d", false),
        ("newer_than:49h", true),
        ("came:2026-11-20", true),
        ("left:2026-11-20", false),
        ("tag:vip OR is:open", true),
        ("tag:vip OR is:open is:closed", false),
        ("(tag:vip is:open) OR refund", true),
        ("is:open refund tag:billing mailbox:support", true),
    ];
    for (text, expected) in cases {
        assert_eq!(lists(text, &known()), expected, "{text}");
        if !text.is_empty() {
            assert_eq!(
                lists(&format!("-({text})"), &known()),
                !expected,
                "-({text})"
            );
        }
    }
}

#[test]
fn what_is_unknown_matches_neither_a_term_nor_its_negation() {
    let unknown = conversation("c2");
    for term in [
        "mailbox:support",
        "status:open",
        "is:unassigned",
        "is:assigned",
        "assignee:u_ana",
        "tag:vip",
        "refund",
        "subject:refund",
        "\"refund\"",
        "came:2026-11-20",
    ] {
        assert!(!lists(term, &unknown), "{term}");
        assert!(!lists(&format!("-{term}"), &unknown), "-{term}");
        // Where the rest decides, the unknown does not matter.
        assert!(
            lists(&format!("{term} OR older_than:0m"), &unknown),
            "{term}"
        );
        assert!(
            lists(&format!("-({term} newer_than:0m)"), &unknown),
            "{term}"
        );
    }
    assert!(
        lists("", &unknown),
        "without a condition everything is listed"
    );
}

#[test]
fn no_tags_and_nobody_are_known() {
    let empty = Conversation {
        tags: Some(Vec::new()),
        assignee: Assignee::Nobody,
        ..conversation("c3")
    };
    for (text, expected) in [
        ("-tag:vip", true),
        ("tag:vip", false),
        ("is:unassigned", true),
        ("-is:assigned", true),
        ("-assignee:u_ana", true),
        ("assignee:none", true),
    ] {
        assert_eq!(lists(text, &empty), expected, "{text}");
    }
}

#[test]
fn an_assignee_without_an_id_is_told_by_name_where_the_name_tells() {
    let named = |name: Option<&str>| Conversation {
        assignee: Assignee::User {
            id: None,
            name: name.map(str::to_owned),
        },
        ..conversation("c4")
    };
    let cases = [
        (Some("Ana Ruiz"), true, false),
        (Some("ANA RUÍZ"), true, false),
        (Some("Ben"), false, true),
        // Two users are called so, and one of them is wanted.
        (Some("Kim"), false, false),
        (Some("Somebody else"), false, false),
        (None, false, false),
    ];
    for (name, listed, negation_listed) in cases {
        let filter = "assignee:u_ana OR assignee:u_kim1";
        assert_eq!(lists(filter, &named(name)), listed, "{name:?}");
        let negation = format!("-({filter})");
        assert_eq!(lists(&negation, &named(name)), negation_listed, "{name:?}");
        assert!(lists("is:assigned", &named(name)), "{name:?}");
    }
    assert!(
        lists("assignee:kim", &named(Some("Kim"))),
        "the name means both"
    );
}

#[test]
fn a_name_of_several_tags_means_any_of_them() {
    for tag in ["t_vip1", "t_vip2"] {
        let row = Conversation {
            tags: Some(vec![tag.into()]),
            ..conversation("c5")
        };
        assert!(lists("tag:VIP", &row), "{tag}");
        assert!(!lists("-tag:vip", &row), "{tag}");
    }
}

#[test]
fn what_was_not_watched_did_not_surely_not_happen() {
    let in_mailbox = |id: &str, mailbox: &str| Conversation {
        mailbox: Some(mailbox.into()),
        ..conversation(id)
    };
    for (term, id, mailbox, listed, negation_listed) in [
        ("came:2026-11-20", "c1", "mb_2", true, false),
        ("came:2026-11-20", "c9", "mb_1", false, true),
        ("came:2026-11-20", "c9", "mb_2", false, false),
        ("left:2026-11-20", "c2", "mb_1", true, false),
    ] {
        let row = in_mailbox(id, mailbox);
        assert_eq!(lists(term, &row), listed, "{term} {id} {mailbox}");
        let negation = format!("-{term}");
        assert_eq!(lists(&negation, &row), negation_listed, "{negation} {id}");
    }
}

#[test]
fn a_term_that_the_history_does_not_answer_is_underlined() {
    let filter = parse("a came:2026-11-20").unwrap();
    let error = filter.resolve(&directory()).unwrap_err();
    assert_eq!(error.span, 2..17);
    assert_eq!(error.to_string(), "The history is not at hand here");
}

#[test]
fn ages_count_from_what_is_known_best() {
    let seen = Conversation {
        first_seen: NOW - 3 * DAY,
        ..conversation("c6")
    };
    assert!(lists("older_than:3d", &seen));
    let created = Conversation {
        created_at: Some(NOW - DAY),
        ..seen
    };
    assert!(!lists("older_than:3d", &created));
    let future = Conversation {
        created_at: Some(i64::MAX),
        ..created
    };
    assert!(lists("newer_than:1m", &future), "no overflow");
}

#[test]
fn unknown_names_are_underlined_with_the_nearest_known() {
    let cases = [
        (
            "a tag:biling",
            2..12,
            "No tag is called `biling`\nhint: did you mean `billing`?",
        ),
        (
            "-assignee:\"Ana Riuz\"",
            1..20,
            "No user is called `Ana Riuz`\nhint: did you mean `\"Ana Ruiz\"`?",
        ),
        (
            "(a OR mailbox:suport)",
            6..20,
            "No mailbox is called `suport`\nhint: did you mean `Support`?",
        ),
        (
            "tag:nothing-like-it",
            0..19,
            "No tag is called `nothing-like-it`",
        ),
        (
            "x \"\u{301}\"",
            2..6,
            "`\u{301}` is only accents\nhint: accents are not compared; write the letters",
        ),
    ];
    for (text, span, message) in cases {
        let error = parse(text).unwrap().resolve(&directory()).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.span, span, "{text}");
    }
    let error = parse("tag:a")
        .unwrap()
        .resolve(&Directory::default())
        .unwrap_err();
    assert_eq!(
        error.hint.as_deref(),
        Some("no tag has been read from Hiver yet")
    );
}

fn rows() -> impl Strategy<Value = Conversation> {
    let status = prop::sample::select(vec![None, Some(Status::Open), Some(Status::Closed)]);
    let assignee = prop::sample::select(vec![
        Assignee::Unknown,
        Assignee::Nobody,
        somebody("u_ana"),
        somebody("u_ben"),
    ]);
    let tags = prop::option::of(prop::collection::vec(
        prop::sample::select(vec!["t_billing", "t_vip1"]),
        0..3,
    ));
    let subject = prop::option::of("[ab ]{0,6}");
    (status, assignee, tags, subject).prop_map(|(status, assignee, tags, subject)| Conversation {
        status,
        assignee,
        tags: tags.map(|tags| tags.into_iter().map(Into::into).collect()),
        subject,
        ..conversation("c")
    })
}

fn filters() -> impl Strategy<Value = String> {
    let terms = vec![
        "status:open",
        "is:unassigned",
        "is:assigned",
        "assignee:u_ana",
        "tag:billing",
        "tag:vip",
        "ab",
        "\"b a\"",
        "older_than:1d",
        "came:2026-11-20",
        "left:2026-11-20",
    ];
    prop::sample::select(terms)
        .prop_map(str::to_owned)
        .prop_recursive(3, 12, 3, |inner| {
            let several = || prop::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                several().prop_map(|parts| format!("({})", parts.join(" "))),
                several().prop_map(|parts| format!("({})", parts.join(" OR "))),
                inner.clone().prop_map(|part| format!("-({part})")),
            ]
        })
}

proptest! {
    #[test]
    fn a_row_is_never_listed_by_a_filter_and_its_negation(filter in filters(), row in rows()) {
        let negation = format!("-({filter})");
        prop_assert!(!(lists(&filter, &row) && lists(&negation, &row)));
    }

    #[test]
    fn side_by_side_lists_what_both_list_and_or_at_least_what_one_lists(
        left in filters(), right in filters(), row in rows(),
    ) {
        let (in_left, in_right) = (lists(&left, &row), lists(&right, &row));
        prop_assert_eq!(lists(&format!("{left} {right}"), &row), in_left && in_right);
        prop_assert_eq!(lists(&format!("{left} OR {right}"), &row), in_left || in_right);
        // De Morgan holds in three-valued logic too.
        prop_assert_eq!(
            lists(&format!("-({left} {right})"), &row),
            lists(&format!("(-({left})) OR (-({right}))"), &row)
        );
    }

    #[test]
    fn knowing_more_never_unlists_a_row(filter in filters(), row in rows(), full in rows()) {
        // Kleene's logic is monotone: filling in what was unknown keeps every decision.
        let filled = Conversation {
            status: row.status.clone().or(full.status),
            tags: row.tags.clone().or(full.tags),
            subject: row.subject.clone().or(full.subject),
            assignee: match row.assignee.clone() {
                Assignee::Unknown => full.assignee,
                known => known,
            },
            ..row.clone()
        };
        if lists(&filter, &row) {
            prop_assert!(lists(&filter, &filled));
        }
    }

    #[test]
    fn a_word_matches_where_a_word_begins(word in "[ab]{1,3}", subject in "[ab #]{0,12}") {
        let row = Conversation { subject: Some(subject.clone()), ..conversation("c") };
        let expected = subject
            .split(|character: char| !character.is_alphanumeric())
            .any(|part| part.starts_with(&word));
        prop_assert_eq!(lists(&word, &row), expected);
        prop_assert_eq!(lists(&format!("\"{word}\""), &row), fold(&subject).contains(&word));
    }
}
