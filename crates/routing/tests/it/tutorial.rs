//! The list of Hiver's tutorial: the same decisions as its script, conversation by conversation.

use routing::{
    Compiled, document,
    evaluate::Evaluator,
    moment::{Moment, Occasion},
    world::{Row, Staff},
};
use serde_json::json;
use triage::{
    actions::Change,
    model::{Assignee, Conversation, Status},
};

use crate::support::{NOW, conversation, directory, user};

/// The four rules of the tutorial, and more that meet them: keywords inside keywords, in upper case, with accents.
const RULES: [(&str, &str, &str); 16] = [
    ("invoice", "billing", "usr_ana"),
    ("refund", "billing", "usr_ana"),
    ("login", "technical", "usr_ben"),
    ("password", "technical", "usr_ben"),
    ("card", "billing", "usr_cleo"),
    ("my card", "vip", "usr_ana"),
    ("top up", "technical", "usr_cleo"),
    ("Transfer", "vip", "usr_ben"),
    ("transfer", "billing", "usr_ben"),
    ("exchange rate", "vip", "usr_ana"),
    ("é", "technical", "usr_ana"),
    ("e\u{301}", "billing", "usr_cleo"),
    ("ß", "vip", "usr_cleo"),
    ("i\u{307}", "technical", "usr_ben"),
    ("ς", "billing", "usr_ana"),
    ("?", "technical", "usr_ben"),
];

/// `const subject = (conv.subject ?? "").toLowerCase(); RULES.find(r => subject.includes(r.keyword))`, for open
/// conversations that nobody has.
fn script(conversation: &Conversation) -> Vec<Change> {
    if conversation.status != Some(Status::Open) || conversation.assignee != Assignee::Nobody {
        return Vec::new();
    }
    let subject = conversation.subject.as_deref().unwrap_or("").to_lowercase();
    let rule = RULES.iter().find(|(keyword, ..)| subject.contains(keyword));
    rule.map_or_else(Vec::new, |(keyword, tag, assignee)| {
        let tag = directory().tag_named(tag).unwrap().id.clone();
        let note = format!("Auto-assigned: subject matched keyword \"{keyword}\".");
        vec![
            Change::Assign((*assignee).into()),
            Change::AddTag(tag),
            Change::AddNote(note),
        ]
    })
}

fn questions() -> Vec<String> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../hiver-sim/data/customer-questions.csv"
    );
    let mut reader = csv::Reader::from_path(file).unwrap();
    let rows: Vec<String> = reader
        .records()
        .map(|row| row.unwrap()[0].to_owned())
        .collect();
    assert_eq!(rows.len(), 10_003);
    rows
}

#[test]
fn ten_thousand_questions_are_decided_as_by_the_script() {
    let list: Vec<_> = RULES
        .iter()
        .map(|(keyword, tag, assignee)| json!({"keyword": keyword, "tag": tag, "assignee": assignee}))
        .collect();
    let rules = document::read(&json!(list).to_string(), &directory()).unwrap();
    let compiled = Compiled::new(&rules, &directory()).unwrap();
    let mut evaluator = Evaluator::new(&compiled);

    let mut rows: Vec<Conversation> = Vec::new();
    for question in questions() {
        rows.push(conversation(&question));
        rows.push(conversation(&question.to_uppercase()));
        rows.push(conversation(&question.replace('e', "É")));
    }
    let made_up = [
        "",
        "invoice",
        "INVOICE refund",
        "refund of my invoice",
        "Passwort für den LOGIN",
        "ÉTÉ",
        "e\u{301}",
        "E\u{301}",
        "STRASSE Straße",
        "İstanbul",
        "ΟΔΟΣ",
        "ΣΑΣ οδος",
        "My Card",
        "mycard",
        "Transfer",
        "trans\u{ad}fer",
        "ｉｎｖｏｉｃｅ",
        "in\u{200b}voice",
        "K\u{212a}",
        "inv\u{301}oice",
        "\u{0}card",
        "🙂card🙂",
        "{{matched}}?",
    ];
    rows.extend(made_up.map(conversation));
    let nameless = Conversation {
        subject: None,
        ..conversation("")
    };
    rows.push(nameless);
    // Others than open and unassigned ones.
    let plain = rows.clone();
    for (number, mut row) in plain
        .into_iter()
        .enumerate()
        .filter(|(number, _)| number % 3 == 0)
    {
        match number % 5 {
            0 => row.status = Some(Status::Pending),
            1 => row.status = Some(Status::Closed),
            2 => row.assignee = user("usr_ben"),
            3 => {
                row.assignee = Assignee::User {
                    id: None,
                    name: Some("Ana Ruiz".to_owned()),
                }
            }
            _ => row.status = Some(Status::Other("snoozed".to_owned())),
        }
        rows.push(row);
    }

    let moment = Moment {
        now_ms: NOW,
        utc_offset_seconds: 0,
        occasion: Occasion::Sweep,
    };
    let mut staff = Staff::default();
    let mut acted = 0;
    for row in &rows {
        let decision = evaluator.decide(&Row::of(row), &moment, &mut staff);
        let changes: Vec<Change> = decision
            .changes(row)
            .into_iter()
            .map(|(_, change)| change)
            .collect();
        assert_eq!(changes, script(row), "{row:?}");
        acted += usize::from(!changes.is_empty());
    }
    assert!(
        acted > 10_000 && acted < rows.len(),
        "{acted} of {}",
        rows.len()
    );
}
