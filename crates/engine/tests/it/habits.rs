//! What Hiver's own automations do is seen, and rules are warned of it.

use engine::StoredWorld;
use hiver_sim::ConversationChange;
use routing::lint::Habit;
use routing::model::RuleSet;
use routing::warning::Warning;
use triage::actions::{Actions, Change};

use crate::support::{House, finished, ids, refresh, run, user};

#[tokio::test]
async fn what_takes_back_what_runs_do_is_a_habit_that_rules_are_warned_of() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let (ours, theirs) = (user(&house, 0), user(&house, 1));
    let open = House::ids(&engine, "is:unassigned status:open");
    let assign = Actions {
        assign: Some(ours.clone()),
        ..Actions::default()
    };
    let id = run(&engine, ids(&open[..4]), assign).await;
    finished(&engine, id).await;
    assert_eq!(engine.rule_habits().await.unwrap(), []);
    // An automation of Hiver's assigns three of them to somebody else.
    for conversation in &open[..3] {
        let change = ConversationChange {
            assignee: Some(Some(theirs.to_string())),
            ..ConversationChange::default()
        };
        let sim = house.sim();
        sim.change_conversation(conversation.as_str(), change)
            .unwrap();
    }
    refresh(&engine).await;
    let habit = Habit {
        ours: Change::Assign(ours.clone()),
        theirs: Change::Assign(theirs.clone()),
        times: 3,
    };
    assert_eq!(engine.rule_habits().await.unwrap(), [habit]);

    let rule = format!(
        r#"{{"id":"mine","name":"Mine","when":["created"],"actions":{{"assign":{{"user":"{ours}"}}}}}}"#
    );
    let rules = RuleSet::of(vec![serde_json::from_str(&rule).unwrap()]);
    let world = StoredWorld::read(engine.store(), 1, engine.now())
        .await
        .unwrap();
    let warnings = world.warnings(&rules, None).unwrap();
    let expected = Warning::AgainstHiver {
        rule: "mine".into(),
        ours: Change::Assign(ours),
        theirs: Change::Assign(theirs),
        times: 3,
    };
    assert!(warnings.contains(&expected), "{warnings:?}");
}
