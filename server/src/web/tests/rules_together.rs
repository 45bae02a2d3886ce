//! What several people do to rules at once, and what of it can be had back.

use routing::model::RuleSet;

use super::rules::{NOTE, form, new_rule, text};
use super::support::{Console, House};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_thrown_away_twice_can_be_had_again() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    new_rule(&lead).await;
    lead.call("/rules/bills", &form(&[])).await;
    let send = async |form: &[(&str, &str)]| {
        let path = match form[0].0 {
            "document" => "/rules/import",
            _ => "/rules/save",
        };
        lead.submit(path, "/rules", form).await
    };
    let document = r#"[{"keyword": "card", "tag": "vip", "assignee": "Ana Ruiz"}]"#;
    let discard = vec![("do", "discard")];
    let replace = vec![("document", document), ("how", "replace")];
    for twice in [discard, replace] {
        send(&twice).await;
        send(&twice).await;
        assert_eq!(lead.get("/rules/bills").await.status, 404);
        send(&[("do", "undo")]).await;
        assert_eq!(text(&lead.get("/rules/bills").await.body, "note"), NOTE);
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_complete_is_in_the_way_of_what_others_saved() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let (lead, other) = (
        console.signed_in("lead").await,
        console.signed_in("admin").await,
    );
    new_rule(&lead).await;
    let save = [("do", "anyway")];
    lead.call("/rules/bills", &form(&[])).await;
    lead.submit("/rules/save", "/rules", &save).await;
    // One of them breaks it, the other gives it another name.
    let mut broken = form(&[("repeat_hours", "soon")]);
    broken.retain(|(name, _)| *name != "repeat");
    broken.push(("repeat", "after"));
    lead.call("/rules/bills", &broken).await;
    let mut renamed = form(&[]);
    renamed.retain(|(name, _)| *name != "name");
    renamed.push(("name", "Other name"));
    other.call("/rules/bills", &renamed).await;
    other.submit("/rules/save", "/rules", &save).await;
    let page = lead.get("/rules/save").await.body;
    assert!(page.contains("Changed by both"), "{page}");
    assert!(page.contains("is not complete yet"), "{page}");
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_was_removed_while_it_was_typed_is_put_back() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    new_rule(&lead).await;
    lead.call("/rules/bills", &form(&[])).await;
    let save = [("do", "anyway")];
    let saved = lead.submit("/rules/save", "/rules", &save).await;
    assert_eq!(saved.header("location"), "/rules");
    // It is still in force, so its id is taken.
    lead.call("/rules", &[("do", "delete bills")]).await;
    let answer = lead
        .call("/rules/bills", &form(&[("hours", "1"), ("tab", "1")]))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("This rule was removed elsewhere"));
    assert_eq!(text(&lead.get("/rules/bills").await.body, "note"), NOTE);
    console.stop().await;
}

/// Saves `set` as somebody else does.
async fn saved_elsewhere(console: &Console, set: RuleSet) {
    let live = console.engine.rules().await.unwrap().unwrap();
    let saved = console
        .engine
        .save_rules("somebody", live.number(), set, "")
        .await;
    saved.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_changed_nothing_goes_on_with_what_others_save() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    new_rule(&lead).await;
    let discarded = lead
        .submit("/rules/save", "/rules", &[("do", "discard")])
        .await;
    assert_eq!(discarded.status, 303);
    let theirs = r#"{"id":"theirs","name":"Theirs","when":["on_demand"],"actions":{"note":"x"}}"#;
    let set: RuleSet =
        serde_json::from_str(&format!(r#"{{"version":1,"rules":[{theirs}]}}"#)).unwrap();
    saved_elsewhere(&console, set).await;
    let list = lead.get("/rules").await.body;
    assert!(list.contains("/rules/theirs"), "{list}");
    assert!(!list.contains("since you began"), "{list}");
    let backtest = lead.get("/rules/backtest").await.body;
    assert!(!backtest.contains("Edited from"), "{backtest}");
    // What was discarded can still be had back.
    lead.submit("/rules/save", "/rules", &[("do", "undo")])
        .await;
    let list = lead.get("/rules").await.body;
    assert!(list.contains("/rules/bills"), "{list}");
    assert!(list.contains("since you began"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_takes_nothing_of_what_was_typed_since() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    new_rule(&lead).await;
    lead.submit("/rules", "/rules", &[("do", "new"), ("name", "Other")])
        .await;
    let removed = form(&[("do", "delete")]);
    lead.submit("/rules/bills", "/rules/bills", &removed).await;
    let later: Vec<_> = form(&[])
        .into_iter()
        .map(|(name, value)| match name {
            "rule" => (name, "other"),
            "note" => (name, "typed later"),
            _ => (name, value),
        })
        .collect();
    lead.submit("/rules/other", "/rules/other", &later).await;
    lead.submit("/rules/save", "/rules", &[("do", "undo")])
        .await;
    assert_eq!(text(&lead.get("/rules/bills").await.body, "note"), NOTE);
    let other = lead.get("/rules/other").await.body;
    assert_eq!(text(&other, "note"), "typed later");
    let list = lead.get("/rules").await.body;
    let at = |id: &str| list.find(&format!("/rules/{id}\"")).unwrap();
    assert!(at("bills") < at("other"), "it is back in its place");

    // Where all is taken back, so can that be, also after another step.
    let document = r#"[{"keyword":"x","tag":"t","assignee":"u"}]"#;
    let replaced = [("document", document), ("how", "replace")];
    lead.submit("/rules/import", "/rules/import", &replaced)
        .await;
    lead.submit("/rules", "/rules", &[("do", "new"), ("name", "Precious")])
        .await;
    for _ in 0..2 {
        lead.submit("/rules/save", "/rules", &[("do", "undo")])
            .await;
    }
    let list = lead.get("/rules").await.body;
    assert!(list.contains("/rules/precious"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_rules_are_saved_stays_typed() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    new_rule(&lead).await;
    let typed = form(&[("do", "save")]);
    lead.submit("/rules/save", "/rules/bills", &typed).await;
    let why = [("why", "Because of \"this\"")];
    let page = lead.call("/rules/save", &why).await;
    assert_eq!(page.status, 200, "{}", page.body);
    saved_elsewhere(&console, RuleSet::default()).await;
    let pressed = [why[0], ("do", "anyway")];
    lead.submit("/rules/save", "/rules/save", &pressed).await;
    lead.submit("/rules/save", "/rules/save", &[("do", "merge")])
        .await;
    let page = lead.get("/rules/save").await.body;
    assert_eq!(text(&page, "why"), why[0].1);
    lead.submit("/rules/save", "/rules/save", &[("do", "anyway")])
        .await;
    let versions = console.engine.rule_versions(None, 9).await.unwrap();
    assert_eq!(versions[0].note, why[0].1);
    // It goes with what it was the reason for.
    for discarded in [true, false] {
        let other = form(&[("do", "save"), ("stop", "1")]);
        lead.submit("/rules/save", "/rules/bills", &other).await;
        if discarded {
            lead.call("/rules/save", &why).await;
            lead.submit("/rules/save", "/rules", &[("do", "discard")])
                .await;
        }
    }
    let page = lead.get("/rules/save").await.body;
    assert_eq!(text(&page, "why"), "");
}
