//! `rules import`, `export`, `check`, with and without a server.

use serde_json::{Value, json};

use crate::house::{House, to_its_end};
use crate::support::Done;

const RULE: &str = r#"{"id":"ping","name":"Ping","when":["created"],
    "conditions":{"text":{"test":"contains","texts":["zebrafish"]}},"actions":{"set_status":"pending"}}"#;

impl House {
    /// One whose users and tags were read.
    async fn read() -> Self {
        let house = Self::new().await;
        let synced = house.run(&["sync"]).await;
        assert_eq!(synced.code, 0, "{synced:?}");
        house
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.place.folder.path().join(name), text).unwrap();
    }

    /// A document of rules.
    fn write_rules(&self, name: &str, rules: &[&str]) {
        let rules = rules.join(",");
        self.write(name, &format!(r#"{{"version":1,"rules":[{rules}]}}"#));
    }

    async fn with_input(&self, arguments: &[&str], input: &'static str) -> Done {
        to_its_end(self.command(arguments), input).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_the_tutorial_is_imported_and_comes_back_as_a_document() {
    let house = House::read().await;
    let state = house.sim().state();
    let (tag, user) = (&state.tags[0], &state.users[0]);
    let list = json!([
        { "keyword": "invoice", "tag": tag.name, "assignee": user.id },
        { "keyword": "refund", "tag": tag.name, "assignee": user.id },
    ]);
    house.write("list.json", &list.to_string());
    let imported = house.run(&["rules", "import", "list.json"]).await;
    assert_eq!(imported.code, 0, "{imported:?}");
    let lines: Vec<&str> = imported.out.lines().collect();
    assert_eq!(lines.len(), 3, "{imported:?}");
    assert!(lines[0].starts_with("+ “invoice”, as rule 1: When a conversation is created"));
    assert_eq!(lines[2], "The rules are saved as version 1.");

    let again = house
        .json(&["rules", "import", "list.json", "--json"])
        .await;
    assert_eq!(
        again,
        json!({ "version": 1, "saved": false, "differences": [] })
    );
    let exported = house.run(&["rules", "export"]).await;
    let document: Value = serde_json::from_str(&exported.out).unwrap();
    assert_eq!(document["$schema"], "rules.schema.json");
    assert_eq!(document["rules"][1]["id"], "refund");
    assert_eq!(document["rules"][1]["actions"]["assign"]["user"], user.id);
    // What is written can be read again, and is the same.
    let file = house.run(&["rules", "export", "mine.json"]).await;
    assert_eq!(file.out, "Version 1 with 2 rules is in `mine.json`.\n");
    let same = house.run(&["rules", "import", "mine.json"]).await;
    assert_eq!(same.out, "Nothing differs: the rules stay at version 1.\n");
    let whole = house.json(&["rules", "export", "--json"]).await;
    assert_eq!(
        (&whole["version"], &whole["document"]),
        (&json!(1), &document)
    );
    let store = house.store().await;
    let versions = store.rule_versions(1, None, 10).await.unwrap();
    assert!(
        versions[0].author.starts_with("command line"),
        "{versions:?}"
    );
    assert_eq!(versions[0].note, "imported from list.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_named_with_its_place_and_changes_nothing() {
    let house = House::read().await;
    let bad = r#"{"version":1,"rules":[
        {"id":"Bad Id","name":"","when":["created"],"actions":{"set_status":"open"}}]}"#;
    house.write("bad.json", bad);
    for command in ["import", "check"] {
        let done = house.run(&["rules", command, "bad.json"]).await;
        assert_eq!((done.code, done.out.as_str()), (1, ""), "{done:?}");
        assert!(
            done.err
                .starts_with("error: bad.json cannot be used, for 2 problems:\n  `rules[0].id`: "),
            "{done:?}"
        );
        assert!(done.err.contains("\n  `rules[0].name`: "), "{done:?}");
    }
    let checked = house.run(&["rules", "check", "bad.json", "--json"]).await;
    assert_eq!(checked.code, 1);
    let checked: Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(checked["problems"][0]["place"], "rules[0].id");
    assert_eq!(checked["problems"].as_array().unwrap().len(), 2);

    let list = r#"[{"keyword":"invoice","tag":"no such tag","assignee":"usr_none"}]"#;
    let list = house.with_input(&["rules", "import", "-"], list).await;
    assert_eq!(list.code, 1, "{list:?}");
    assert!(
        list.err
            .contains("standard input cannot be used, for 2 problems:")
            && list
                .err
                .contains("`[0].tag`: no tag is called `no such tag`")
            && list.err.contains("`[0].assignee`: "),
        "{list:?}"
    );
    for (text, why) in [
        ("{", "The document is not JSON"),
        (r#"{"version":2,"rules":[]}"#, "The document has version 2"),
        (r#"{"rules":[]}"#, "it has no `version`"),
        (r#"{"version":1,"rules":[],"x":1}"#, "unknown field `x`"),
    ] {
        let done = house.with_input(&["rules", "import", "-"], text).await;
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.err.contains(why), "{done:?}");
    }
    let missing = house.run(&["rules", "import", "nothing.json"]).await;
    assert!(
        missing
            .err
            .starts_with("error: `nothing.json` cannot be read: "),
        "{missing:?}"
    );
    let store = house.store().await;
    assert!(store.rules(1, None).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_is_said_and_fails_only_where_asked_to() {
    let house = House::read().await;
    house.write_rules("odd.json", &[RULE]);
    let checked = house.run(&["rules", "check", "odd.json"]).await;
    assert_eq!(
        (checked.code, checked.out.as_str()),
        (
            0,
            "warning: “Ping” fits none of 60 conversations\n1 rule can be used, with 1 warning.\n"
        ),
        "{checked:?}"
    );
    let strict = house.run(&["rules", "check", "odd.json", "--strict"]).await;
    assert_eq!(strict.code, 1, "{strict:?}");
    let checked = house.json(&["rules", "check", "odd.json", "--json"]).await;
    assert_eq!(checked["problems"], json!([]));
    assert_eq!(checked["warnings"][0]["rules"], json!(["ping"]));
    let in_force = house.run(&["rules", "check", "--strict"]).await;
    assert_eq!(
        (in_force.code, in_force.out.as_str()),
        (0, "0 rules can be used, with 0 warnings.\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_about_what_was_imported_is_said() {
    let house = House::read().await;
    let odd = r#"{"id":"odd","name":"Odd","when":["created"],
        "conditions":{"text":{"test":"contains","texts":["no such word"]}},"actions":{"add_tags":["tag_gone"]}}"#;
    house.write_rules("odd.json", &[odd]);
    let imported = house.run(&["rules", "import", "odd.json"]).await;
    assert_eq!(imported.code, 0, "{imported:?}");
    for odd in [
        "warning: “Odd” names the tag `tag_gone`",
        "warning: “Odd” fits none of",
    ] {
        assert!(imported.err.contains(odd), "{imported:?}");
    }
    house.write_rules("odder.json", &[&odd.replace("\"Odd\"", "\"Odder\"")]);
    let imported = house
        .json(&["rules", "import", "odder.json", "--json"])
        .await;
    let warnings = imported["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 2, "{imported}");
}

#[tokio::test(flavor = "multi_thread")]
async fn added_rules_leave_the_others() {
    let house = House::read().await;
    let other = RULE.replace("\"ping\"", "\"pong\"").replace("Ping", "Pong");
    let renamed = RULE.replace("\"Ping\"", "\"Ping again\"");
    house.write_rules("first.json", &[RULE]);
    house.write_rules("more.json", &[&other, &renamed]);
    assert_eq!(house.run(&["rules", "import", "first.json"]).await.code, 0);
    let added = house.run(&["rules", "import", "more.json", "--add"]).await;
    let lines: Vec<&str> = added.out.lines().collect();
    assert_eq!(lines[0], "~ “Ping again”, name: Ping → Ping again");
    assert!(lines[1].starts_with("+ “Pong”, as rule 2: "), "{added:?}");
    assert_eq!(lines[2], "The rules are saved as version 2.");
    let replaced = house.run(&["rules", "import", "first.json"]).await;
    assert!(replaced.out.starts_with("- “Pong”: "), "{replaced:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_has_what_was_imported() {
    let house = House::read().await;
    let server = house.serve("500").await;
    house.write_rules("first.json", &[RULE]);
    let imported = house
        .json(&["rules", "import", "first.json", "--json"])
        .await;
    assert_eq!(imported["version"], 1);
    assert_eq!(imported["differences"][0]["rule"], "ping");
    // The server saved them itself: what it says about another import is true.
    let store = house.store().await;
    let versions = store.rule_versions(1, None, 10).await.unwrap();
    assert!(
        versions[0].author.starts_with("command line"),
        "{versions:?}"
    );
    assert!(store.open_wishes().await.unwrap().is_empty());
    house.write_rules("none.json", &[]);
    let emptied = house.run(&["rules", "import", "none.json"]).await;
    assert!(
        emptied.out.ends_with("The rules are saved as version 2.\n"),
        "{emptied:?}"
    );
    server.terminate();
    let exported = house.json(&["rules", "export", "--json"]).await;
    assert_eq!(exported["version"], 2);
    assert_eq!(exported["document"]["rules"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_rules_were_saved_there_is_nothing_to_do() {
    let house = House::read().await;
    let ran = house.run(&["rules", "run"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("No rules were saved yet"), "{ran:?}");
    let told = house.json(&["rules", "run", "--json"]).await;
    assert_eq!((&told["version"], &told["runs"]), (&json!(0), &json!([])));
    let exported = house.run(&["rules", "export"]).await;
    assert_eq!(exported.code, 0, "{exported:?}");
    assert!(exported.err.contains("no rules were saved"), "{exported:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_belong_to_a_hiver_that_was_connected() {
    let house = House::new().await;
    for arguments in [
        &["rules", "check"][..],
        &["rules", "export"],
        &["rules", "run"],
    ] {
        let done = house.run(arguments).await;
        assert_eq!(done.code, 1, "{done:?}");
        assert!(
            done.err
                .contains("no Hiver was ever connected at http://127.0.0.1:"),
            "{done:?}"
        );
    }
}

impl House {
    /// One with the tutorial's list of one keyword in force, which is in many subjects.
    async fn with_a_list() -> Self {
        let house = Self::read().await;
        let state = house.sim().state();
        let list = json!([
            { "keyword": "a", "tag": state.tags[0].name, "assignee": state.users[0].id },
        ]);
        house.write("list.json", &list.to_string());
        let imported = house.run(&["rules", "import", "list.json"]).await;
        assert_eq!(imported.code, 0, "{imported:?}");
        house.sim().clear_ledger();
        house
    }

    /// The conversations that the list is about.
    fn meant(&self) -> Vec<String> {
        let is_open = |one: &hiver_sim::ConversationState| one.status.name() == "open";
        (self.sim().state().conversations.into_iter())
            .filter(|one| is_open(one) && one.assignee.is_none())
            .filter(|one| {
                let subject = one.subject.as_deref().unwrap_or_default();
                subject.to_lowercase().contains('a')
            })
            .map(|one| one.id)
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_run_on_demand_once_and_only_when_meant() {
    let house = House::with_a_list().await;
    let meant = house.meant();
    assert!(meant.len() > 2, "{meant:?}");
    let dry = house.json(&["rules", "run", "--dry-run", "--json"]).await;
    assert_eq!(dry["would"].as_array().unwrap().len(), meant.len());
    assert_eq!(dry["runs"], json!([]));
    assert_eq!(dry["looked_at"], 60);
    let told = house.run(&["rules", "run", "--dry-run"]).await;
    assert_eq!(told.out.lines().count(), meant.len() + 2, "{told:?}");
    assert_eq!(house.writes().len(), 0, "nothing was sent");

    let ran = house.run(&["rules", "run"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("is finished: "), "{ran:?}");
    assert!(house.meant().is_empty());
    assert_eq!(house.writes().len(), 3 * meant.len(), "assign, tag, note");
    let again = house.run(&["rules", "run"]).await;
    assert_eq!(again.code, 0, "{again:?}");
    assert!(
        again.out.ends_with("There was nothing to send.\n"),
        "{again:?}"
    );
    assert_eq!(house.writes().len(), 3 * meant.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_runs_rules_and_refusals_are_told() {
    let house = House::with_a_list().await;
    let server = house.serve("500").await;
    let unknown = house.run(&["rules", "run", "--mailbox", "mb_none"]).await;
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.err.contains("there is no mailbox `mb_none`"),
        "{unknown:?}"
    );
    let mailbox = house.sim().summary().mailboxes[0].id.clone();
    let meant = house.meant().len();
    let ran = house
        .json(&["rules", "run", "--mailbox", &mailbox, "--json"])
        .await;
    assert_eq!(ran["by_rule"][0]["rule"], "a");
    let (acted, left) = (
        ran["by_rule"][0]["acted"].as_u64().unwrap(),
        house.meant().len(),
    );
    assert_eq!(acted as usize + left, meant, "{ran}");
    let elsewhere = house.run(&["rules", "check", "/none/at-all.json"]).await;
    assert!(
        elsewhere.err.contains("`/none/at-all.json` cannot be read"),
        "{elsewhere:?}"
    );
    house.write_rules("none.json", &[RULE]);
    assert_eq!(house.run(&["rules", "import", "none.json"]).await.code, 0);
    let nothing = house.run(&["rules", "run"]).await;
    assert_eq!(nothing.code, 1, "{nothing:?}");
    assert!(
        nothing.err.contains("No rule runs on demand"),
        "{nothing:?}"
    );
    server.terminate();
}
