//! Drafts, versions, what a rule fits, and what is odd about a set.

use engine::SaveRulesError;
use routing::model::{
    Actions, AssigneeTest, Condition, Mode, Repeat, Rule, RuleSet, Span, TextCondition, When,
};
use routing::warning::Warning;
use triage::model::Status;

use crate::support::House;

fn rule(id: &str, conditions: Condition) -> Rule {
    Rule {
        id: id.into(),
        name: id.to_uppercase(),
        mode: Mode::On,
        when: vec![When::Created],
        mailboxes: Vec::new(),
        conditions,
        actions: Actions {
            note: Some("{{rule}}: {{matched}} in {{mailbox}}".to_owned()),
            ..Actions::default()
        },
        stop: false,
        hours: None,
        repeat: Repeat::Once,
    }
}

fn open_and_free(word: &str) -> Condition {
    Condition::All(vec![
        Condition::Status(vec![Status::Open]),
        Condition::Assignee(AssigneeTest::Nobody),
        Condition::Text(TextCondition::subject_contains([word])),
    ])
}

#[tokio::test]
async fn who_saves_second_is_told_and_loses_nothing() {
    let house = House::new(20).await;
    let engine = house.synced().await;
    let first = RuleSet::of(vec![rule("a", open_and_free("refund"))]);
    assert_eq!(
        engine
            .save_rules("ana", 0, first.clone(), "")
            .await
            .unwrap(),
        1
    );
    // Both begin from version 1.
    let mine = RuleSet::of(vec![rule("a", open_and_free("invoice"))]);
    engine
        .keep_rule_draft("ben", 1, &mine, "typed".to_owned())
        .await
        .unwrap();
    let theirs = RuleSet::of(vec![
        rule("a", open_and_free("bill")),
        rule("b", open_and_free("x")),
    ]);
    assert_eq!(
        engine
            .save_rules("ana", 1, theirs.clone(), "why")
            .await
            .unwrap(),
        2
    );
    let refused = engine.save_rules("ben", 1, mine.clone(), "").await;
    assert!(matches!(refused, Err(SaveRulesError::Moved { latest: 2 })));
    let draft = engine.rule_draft("ben").await.unwrap().unwrap();
    assert_eq!(
        (draft.base, &draft.set, draft.typed.as_str()),
        (1, &mine, "typed")
    );
    let live = engine.rules().await.unwrap().unwrap();
    let version = live.version.as_ref().unwrap();
    assert_eq!(
        (version.author.as_str(), version.note.as_str()),
        ("ana", "why")
    );
    assert_eq!(*live.set, theirs);
    let (_, before) = engine.rules_of_version(1).await.unwrap().unwrap();
    assert_eq!(before, first);
    // Whoever looked at the latest goes on from there.
    assert_eq!(engine.save_rules("ben", 2, mine, "").await.unwrap(), 3);
}

#[tokio::test]
async fn a_rule_fits_what_the_filter_finds_whatever_else_is_unfinished() {
    let house = House::new(400).await;
    let engine = house.synced().await;
    let words = {
        let mirror = engine.mirror().read();
        let open = mirror
            .rows
            .values()
            .find(|row| row.conversation.status == Some(Status::Open) && !row.folded.is_empty());
        let folded = &open.unwrap().folded;
        folded
            .split(' ')
            .max_by_key(|word| word.len())
            .unwrap()
            .to_owned()
    };
    let expected = {
        let mirror = engine.mirror().read();
        let fits = mirror.rows.values().filter(|row| {
            row.conversation.status == Some(Status::Open) && row.folded.contains(&words)
        });
        fits.count() as u64
    };
    let conditions = Condition::All(vec![
        Condition::Status(vec![Status::Open]),
        Condition::Text(TextCondition::subject_contains([words.as_str()])),
    ]);
    // Neither a name, nor an occasion, and off.
    let unfinished = Rule {
        name: String::new(),
        mode: Mode::Off,
        when: Vec::new(),
        ..rule("r", conditions)
    };
    let found = engine.rule_matches(&unfinished, 3).await.unwrap();
    assert_eq!((found.count, found.total), (expected, 400));
    assert_eq!(found.first.len() as u64, expected.min(3));
    let note = found.note.unwrap();
    assert!(note.starts_with(&format!("Rule: {words} in ")), "{note}");
    let broken = rule("r", Condition::Age(Span::default()));
    assert!(engine.rule_matches(&broken, 3).await.is_err());
}

#[tokio::test]
async fn five_bad_rules_give_five_warnings_and_a_clean_one_none() {
    let house = House::new(300).await;
    let engine = house.synced().await;
    let clean = RuleSet::of(vec![rule(
        "clean",
        Condition::All(vec![
            Condition::Status(vec![Status::Open]),
            Condition::Assignee(AssigneeTest::Nobody),
        ]),
    )]);
    let none = engine.rule_warnings(&clean).await.unwrap();
    assert_eq!(none.as_slice(), [], "a clean set");
    assert!(engine.known_rule_warnings(&clean).is_some());

    let mut stops = rule("stops", Condition::Status(vec![Status::Open]));
    stops.stop = true;
    let hidden = rule("hidden", open_and_free("e"));
    let never = rule(
        "never",
        Condition::All(vec![
            Condition::Status(vec![Status::Open]),
            Condition::Status(vec![Status::Closed]),
        ]),
    );
    let mut gone = rule("gone", Condition::Status(vec![Status::Closed]));
    gone.actions.add_tags = vec!["no-such-tag".into()];
    let nothing = rule(
        "nothing",
        Condition::Text(TextCondition::subject_contains(["zebra crossing"])),
    );
    let everything = rule("everything", Condition::All(Vec::new()));
    let bad = RuleSet::of(vec![never, gone, nothing, everything, stops, hidden]);
    let found = engine.rule_warnings(&bad).await.unwrap();
    let kinds: Vec<(&str, &str)> = found
        .iter()
        .map(|warning| {
            let kind = match warning {
                Warning::NeverMatches { .. } => "never",
                Warning::Gone { .. } => "gone",
                Warning::MatchesNothing { .. } => "nothing",
                Warning::MatchesEverything { .. } => "everything",
                Warning::Hidden { .. } => "hidden",
                _ => "another",
            };
            (warning.rules()[0].as_str(), kind)
        })
        .collect();
    let expected = ["never", "gone", "nothing", "everything", "hidden"].map(|one| (one, one));
    assert_eq!(kinds, expected);
}
