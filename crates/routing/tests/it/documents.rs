//! Documents: what is written can be read, and what cannot be used says where and why.

use std::error::Error;

use proptest::prelude::*;
use routing::{
    check::check,
    document::{self, DocumentError},
    model::{Assign, Condition, RuleSet, TextTest},
};
use serde_json::{Value, json};
use triage::model::{Directory, Tag, UserId};

use crate::{
    random,
    support::{directory, rule, set},
};

fn full() -> Value {
    json!({
        "version": 1,
        "rules": [{
            "id": "invoices",
            "name": "Invoices to Ana",
            "mode": "shadow",
            "when": ["created", "sweep", {"schedule": {"weekdays": ["monday"], "at": "08:00"}}],
            "mailboxes": ["mb_1"],
            "conditions": {"all": [
                {"text": {"test": "contains", "texts": ["invoice", "bill"]}},
                {"any": [
                    {"status": ["open", "pending"]},
                    {"tags": "untagged"},
                    {"tags": {"any": ["t_billing"]}},
                    {"assignee": {"one_of": ["usr_ana"]}},
                    {"assignee": "nobody"}
                ]},
                {"none": [
                    {"text": {"field": "extra.sender", "test": "regex", "texts": ["spam\\d+"], "match_case": true}},
                    {"age": {"at_least_minutes": 1440}},
                    {"unchanged": {"under_minutes": 5}},
                    {"time": {"weekdays": ["saturday", "sunday"], "from": "00:00", "to": "24:00"}}
                ]}
            ]},
            "actions": {
                "assign": {"share": {"by": "least_loaded", "among": [{"user": "usr_ana", "cap": 10}, {"user": "usr_ben"}]}},
                "add_tags": ["t_billing"],
                "remove_tags": ["t_vip"],
                "set_status": "pending",
                "note": "{{rule}}: {{matched}}"
            },
            "stop": true,
            "hours": {"from": "09:00", "to": "17:00"},
            "repeat": {"after_hours": 24}
        }]
    })
}

fn read(document: &Value) -> Result<RuleSet, DocumentError> {
    document::read(&document.to_string(), &directory())
}

/// The whole chain of messages.
pub fn said(error: &DocumentError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn refused(document: &Value) -> String {
    said(&read(document).unwrap_err())
}

#[test]
fn what_is_written_is_read_the_same() {
    let rules = read(&full()).unwrap();
    let text = document::write(&rules).unwrap();
    assert_eq!(document::read(&text, &directory()).unwrap(), rules);
    let mut written: Value = serde_json::from_str(&text).unwrap();
    written.as_object_mut().unwrap().remove("$schema");
    assert_eq!(written, full());
}

#[test]
fn names_become_ids() {
    let mut document = full();
    let rule = &mut document["rules"][0];
    rule["mailboxes"] = json!(["support"]);
    rule["actions"] = json!({"assign": {"user": "Ana Ruíz"}, "add_tags": ["VIP", "t_gone"]});
    let rules = read(&document).unwrap();
    assert_eq!(rules.rules[0].mailboxes, ["mb_1".into()]);
    assert_eq!(
        rules.rules[0].actions.assign,
        Some(Assign::User("usr_ana".into()))
    );
    assert_eq!(
        rules.rules[0].actions.add_tags,
        ["t_vip".into(), "t_gone".into()]
    );

    let mut names = directory();
    names.tags.push(Tag {
        id: "t_vip2".into(),
        name: "Vip".to_owned(),
    });
    let error = document::read(&document.to_string(), &names).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The rules cannot be used: `rules[0].actions.add_tags[0]`: several tags are called `VIP`; use the id of one: \
         t_vip, t_vip2"
    );
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.schema.json");
    let schema = document::schema().unwrap();
    if std::env::var_os("ROUTING_WRITE_SCHEMA").is_some() {
        std::fs::write(published, &schema).unwrap();
    }
    let text = std::fs::read_to_string(published).unwrap_or_default();
    assert!(
        text == schema,
        "docs/rules.schema.json is not what the code says; run this test with ROUTING_WRITE_SCHEMA=1"
    );
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let with = |pointer: &str, value: Value| {
        let mut document = full();
        *document.pointer_mut(pointer).unwrap() = value;
        refused(&document)
    };
    let bottomless = format!(
        "{{\"version\":1,\"rules\":[{{\"conditions\":{}{}}}]}}",
        "{\"all\":[".repeat(10_000),
        "]}".repeat(10_000)
    );
    let cases = [
        (
            with("/rules/0", json!({"id": "x", "nmae": "y"})),
            ["`rules[0].nmae`", "unknown field `nmae`"],
        ),
        (
            with("/rules/0/conditions/all/0/text/test", json!("contians")),
            ["`rules[0].conditions.all[0].text.test`", "contians"],
        ),
        (
            with(
                "/rules/0/conditions/all/0/text",
                json!({"field": "subjct", "test": "contains", "texts": ["a"]}),
            ),
            [
                "`rules[0].conditions.all[0].text.field`",
                "`subjct` is not a field",
            ],
        ),
        (
            with("/rules/0/conditions/all/2", json!({"nine": []})),
            [
                "`rules[0].conditions.all[2]`",
                "`nine` is not known here; use one of `all`, `any`",
            ],
        ),
        (
            with("/rules/0/hours/from", json!("9am")),
            ["`rules[0].hours.from`", "`9am` is not a time of the day"],
        ),
        (
            with("/rules/0/actions/add_tags/0", json!(7)),
            [
                "`rules[0].actions.add_tags[0]`",
                "the number 7 stands where a text",
            ],
        ),
        (with("/version", json!(2)), ["version 2", "newer"]),
        (with("/version", json!(0)), ["`version`", "version 0"]),
        (with("/version", json!("1")), ["`version`", "a number"]),
        (
            refused(&json!({"rules": []})),
            ["no `version`", "Write {\"version\": 1"],
        ),
        (
            refused(&json!({"version": 99, "anything": {"else": []}})),
            ["version 99", "newer"],
        ),
        (
            said(&document::read("{\"version\": 1, ", &directory()).unwrap_err()),
            ["not JSON", "line 1"],
        ),
        (
            said(&document::read("{\"version\":1,\"rules\":[]} x", &directory()).unwrap_err()),
            ["not JSON", "trailing"],
        ),
        (
            said(&document::read("", &directory()).unwrap_err()),
            ["not JSON", "EOF"],
        ),
        (
            said(&document::read(&" ".repeat(document::MAX_BYTES + 1), &directory()).unwrap_err()),
            ["bytes", "at most"],
        ),
        (
            said(&document::read(&bottomless, &directory()).unwrap_err()),
            ["`rules[0].conditions`: ", "nested deeper than 16; split"],
        ),
    ];
    for (message, expected) in cases {
        for part in expected {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
    }
}

#[test]
fn what_cannot_be_used_is_named_with_its_place_and_a_way_out() {
    let with = |pointer: &str, value: Value| {
        let mut document = full();
        *document.pointer_mut(pointer).unwrap() = value;
        match read(&document).unwrap_err() {
            DocumentError::Problems(problems) => problems[0].to_string(),
            other => panic!("{other}"),
        }
    };
    let deep = (0..40).fold(json!({"all": []}), |inner, _| json!({"all": [inner]}));
    let cases = [
        (
            with("/rules/0/id", json!("Two words")),
            "`rules[0].id`: `Two words` is not an id",
        ),
        (
            with("/rules/0/name", json!(" ")),
            "`rules[0].name`: the rule has no name",
        ),
        (
            with("/rules/0/when", json!([])),
            "`rules[0].when`: the rule never looks",
        ),
        (
            with("/rules/0/conditions/all/0/text/texts", json!([])),
            "`rules[0].conditions.all[0].text.texts`: the list is empty",
        ),
        (
            with("/rules/0/conditions/all/0/text/texts/1", json!("")),
            "`rules[0].conditions.all[0].text.texts[1]`: the text is empty",
        ),
        (
            with("/rules/0/conditions/all/0/text/texts/0", json!("\u{301}")),
            "`rules[0].conditions.all[0].text.texts[0]`: nothing is left",
        ),
        (
            with(
                "/rules/0/conditions/all/0/text/texts/0",
                json!("x".repeat(1_001)),
            ),
            "`rules[0].conditions.all[0].text.texts[0]`: the text has 1001",
        ),
        (
            with(
                "/rules/0/conditions/all/2/none/0/text/texts/0",
                json!("(a{1000}){1000}"),
            ),
            "`rules[0].conditions.all[2].none[0].text.texts[0]`: the pattern `(a{1000}){1000}` grows",
        ),
        (
            with(
                "/rules/0/conditions/all/2/none/0/text/texts/0",
                json!("a".repeat(100_000)),
            ),
            "`rules[0].conditions.all[2].none[0].text.texts[0]`: the pattern has 100000",
        ),
        (
            with(
                "/rules/0/conditions/all/2/none/0/text/texts/0",
                json!("(?=x)"),
            ),
            "`rules[0].conditions.all[2].none[0].text.texts[0]`: the pattern `(?=x)` cannot be read",
        ),
        (
            with("/rules/0/conditions/all/2/none/1/age", json!({})),
            "`rules[0].conditions.all[2].none[1].age`: neither",
        ),
        (
            with("/rules/0/conditions/all/1/any", json!([])),
            "`rules[0].conditions.all[1].any`: the list is empty",
        ),
        (
            with("/rules/0/conditions", deep),
            "groups are nested deeper",
        ),
        (
            with("/rules/0/actions/remove_tags/0", json!("t_billing")),
            "`rules[0].actions.remove_tags[0]`: the tag `t_billing` cannot be both",
        ),
        (
            with("/rules/0/actions/set_status", json!("snoozed")),
            "`rules[0].actions.set_status`: the status `snoozed`",
        ),
        (
            with("/rules/0/actions/note", json!("{{sender}}")),
            "`rules[0].actions.note`: `{{sender}}` is not a placeholder",
        ),
        (
            with(
                "/rules/0/actions/assign/share/among/1/user",
                json!("usr_ana"),
            ),
            "`rules[0].actions.assign.share.among[1].user`: the user `usr_ana` is named twice",
        ),
        (
            with("/rules/0/actions/assign/share/among", json!([])),
            "`rules[0].actions.assign.share.among`: nobody is named to share among; name at least one user, or leave \
             `assign` out",
        ),
        (
            with("/rules/0/name", json!("a\u{0}b")),
            "`rules[0].name`: the name has a control character (U+0000) at place 2; take it out",
        ),
        (
            with("/rules/0/name", json!("two\nlines")),
            "`rules[0].name`: the name has a control character (U+000A) at place 4; take it out",
        ),
        (
            with("/rules/0/name", json!("\u{9f}")),
            "`rules[0].name`: the name has a control character (U+009F) at place 1; take it out",
        ),
        (
            with("/rules/0/hours/to", json!("09:00")),
            "`rules[0].hours`: the hours end when they begin",
        ),
        (
            with("/rules/0/repeat", json!({"after_hours": 0})),
            "`rules[0].repeat.after_hours`: again after 0 hours",
        ),
    ];
    for (message, expected) in cases {
        assert!(
            message.contains(expected),
            "`{expected}` is not in: {message}"
        );
    }
}

#[test]
fn ids_are_unique_and_saving_checks_the_same() {
    let rules = set([rule("a"), rule("b"), rule("a")]);
    let message = document::write(&rules).unwrap_err().to_string();
    assert!(
        message.contains("`rules[2].id`: the id `a` is that of `rules[0]` already"),
        "{message}"
    );
    assert_eq!(check(&rules).len(), 1);
}

#[test]
fn the_list_of_the_tutorial_becomes_rules() {
    let list = json!([
        {"keyword": "invoice", "tag": "billing", "assignee": "usr_ana"},
        {"keyword": "Log in!", "tag": "Technical", "assignee": "ben okafor"},
        {"keyword": "invoice", "tag": "billing", "assignee": "usr_ana@example.com"},
        {"keyword": "two\nlines", "tag": "billing", "assignee": "usr_ana"},
        {"keyword": "\t", "tag": "billing", "assignee": "usr_ana"},
    ]);
    let mut rules = read(&list).unwrap();
    assert_eq!(check(&rules), []);
    // What a name cannot have is a space in it.
    let names: Vec<&str> = rules.rules[3..]
        .iter()
        .map(|rule| rule.name.as_str())
        .collect();
    assert_eq!(names, ["two lines", "Spaces"]);
    rules.rules.truncate(3);
    let ids: Vec<&str> = rules.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["invoice", "log-in", "invoice-2"]);
    let users: Vec<&UserId> = rules
        .rules
        .iter()
        .flat_map(|rule| rule.actions.assign.iter().flat_map(Assign::users))
        .collect();
    assert_eq!(
        users,
        [&"usr_ana".into(), &"usr_ben".into(), &"usr_ana".into()]
    );
    let Condition::All(parts) = &rules.rules[1].conditions else {
        panic!()
    };
    let Condition::Text(text) = &parts[2] else {
        panic!()
    };
    assert_eq!(
        (text.test, text.texts[0].as_str()),
        (TextTest::LowercaseContains, "Log in!")
    );
}

#[test]
fn a_list_that_cannot_be_used_names_its_entries() {
    let list = json!([
        {"keyword": "", "tag": "nope", "assignee": "usr_gone"},
        {"keyword": "ok", "tag": "billing", "assignee": "usr_ana"},
    ]);
    let message = refused(&list);
    for part in [
        "`[0].keyword`: the text is empty",
        "`[0].tag`: no tag is called `nope`",
        "make the tag in Hiver",
        "`[0].assignee`: no user is called `usr_gone`",
    ] {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    let entry = json!({"keyword": "a", "tag": "billing", "assignee": "usr_ana"});
    assert_eq!(
        refused(&json!(vec![entry; 10_000])),
        "The rules cannot be used: 10000 entries are too many; at most 5000 are taken; keywords with the same tag and \
         assignee fit into one rule: its `texts` are a list, and any of them is enough"
    );
    let message = refused(&json!([{"keyword": "a", "tag": "billing"}]));
    assert!(
        message.contains("`[0]`") && message.contains("missing field `assignee`"),
        "{message}"
    );
    let message =
        refused(&json!([{"keyword": "a", "tag": "billing", "assignee": "usr_ana", "x": 1}]));
    assert!(message.contains("unknown field `x`"), "{message}");
    assert!(
        document::read("[]", &Directory::default())
            .unwrap()
            .rules
            .is_empty()
    );
}

#[test]
fn the_example_of_the_documentation_can_be_used() {
    let page = include_str!("../../../../docs/rules.md");
    let (_, from_example) = page.split_once("```json\n").unwrap();
    let (example, _) = from_example.split_once("```").unwrap();
    let rules = document::read(example, &directory()).unwrap();
    assert_eq!(
        rules.rules[0].actions.assign,
        Some(Assign::User("usr_ana".into()))
    );
    assert_eq!(rules.rules[0].actions.add_tags, ["t_billing".into()]);
    for word in [
        "opened",
        "note_added",
        "any_change",
        "on_demand",
        "lowercase_contains",
        "least_loaded",
        "after_hours",
    ] {
        assert!(
            document::schema().unwrap().contains(word) && page.contains(word),
            "{word}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_rules_come_back_as_they_were_written(rules in random::rules()) {
        prop_assert_eq!(check(&rules), []);
        let text = document::write(&rules).unwrap();
        prop_assert_eq!(document::read(&text, &directory()).unwrap(), rules);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[\\[\\]{}:,\"a-z0-9 ]{0,60}") {
        let _ = document::read(&text, &directory());
    }
}
