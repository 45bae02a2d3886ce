//! What rules would do, as a preview like any other.

use engine::{PlanError, RuleSource};
use routing::model::{Actions, Mode, Rule, RuleSet, When};
use store::ChangeRule;
use triage::outcome::{Outcome, RunState};

use super::support::{assign, note, rule};
use crate::support::{House, changes, finished, ids, matching, user};

#[tokio::test]
async fn what_rules_would_do_is_a_preview_and_then_a_run() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open is:unassigned");
    let (ana, ben) = (user(&house, 1), user(&house, 2));
    let off = Rule {
        mode: Mode::Off,
        ..rule("off", When::Closed, note("Not this."))
    };
    let first = rule("first", When::Created, assign(ana));
    let second = rule("second", When::OnDemand, {
        Actions {
            note: Some("{{rule}}: {{subject}}".to_owned()),
            ..assign(ben.clone())
        }
    });
    let set = RuleSet::of(vec![first, second, off]);
    let plan = async |selection, only: Option<&str>| {
        let only = only.map(Into::into);
        engine
            .plan_rules(
                "ana".to_owned(),
                &set,
                "Rules, edited".to_owned(),
                selection,
                only.as_ref(),
            )
            .await
    };
    let id = plan(ids(&open[..3]), None).await.unwrap();
    let preview = engine.preview(id, 0, 100).await.unwrap().unwrap();
    assert_eq!(preview.run.state, RunState::Preview);
    assert_eq!(preview.run.title.as_deref(), Some("Rules, edited"));
    assert_eq!(preview.run.facts.summary.changes, 6);
    assert_eq!(preview.run.facts.groups.len(), 2, "notes are one wish");
    assert_eq!(preview.price.requests, 6);
    assert!(house.writes().is_empty());

    assert!(engine.confirm(id).await.unwrap());
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    let asked = ChangeRule {
        rule: "second".to_owned(),
        version: None,
    };
    assert!(rows.iter().all(|row| row.rule == Some(asked.clone())));
    let found = house.sim().conversation(open[0].as_str()).unwrap();
    assert_eq!(found.assignee.as_deref(), Some(ben.as_str()));
    let subject = found.subject.unwrap_or_else(|| "unknown".to_owned());
    assert_eq!(found.notes[0].body, format!("The rule second: {subject}"));

    // They have acted: where they do so once, they do not again.
    assert_eq!(engine.acts().len(), 3);
    let mut once = set.clone();
    for rule in &mut once.rules {
        rule.repeat = routing::model::Repeat::Once;
    }
    let again = engine.plan_rules(
        "ana".to_owned(),
        &once,
        "Again".to_owned(),
        ids(&open[..3]),
        None,
    );
    let again = changes(&engine, again.await.unwrap()).await;
    assert!(
        again
            .iter()
            .all(|row| row.rule.as_ref().unwrap().rule == "first")
    );

    // One rule alone, also one that is off.
    let id = plan(matching("status:open"), Some("off")).await.unwrap();
    let rows = changes(&engine, id).await;
    let all = House::ids(&engine, "status:open").len();
    assert_eq!(rows.len(), all);
    let nothing = plan(ids(&open[..3]), Some("gone")).await;
    assert!(matches!(nothing, Err(PlanError::Invalid(_))));
}

#[tokio::test]
async fn what_names_the_gone_is_planned_as_it_would_be_in_force() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open is:unassigned");
    let unknown = Actions {
        add_tags: vec!["fees".into()],
        ..Actions::default()
    };
    let set = RuleSet::of(vec![
        rule("fees", When::Created, unknown),
        rule("noted", When::Created, note("Seen.")),
    ]);
    engine
        .keep_rule_draft("ana", 0, &set, String::new())
        .await
        .unwrap();
    let tried = engine.rules_from("ana", RuleSource::Draft).await.unwrap();
    let modes: Vec<_> = tried.unwrap().rules.iter().map(|rule| rule.mode).collect();
    assert_eq!(modes, [Mode::Shadow, Mode::On]);

    let plan = async |only: Option<&str>| {
        let only = only.map(Into::into);
        let (who, label) = ("ana".to_owned(), "Apply".to_owned());
        let selection = ids(&open[..3]);
        engine
            .plan_rules(who, &set, label, selection, only.as_ref())
            .await
    };
    let rows = changes(&engine, plan(None).await.unwrap()).await;
    let asking: Vec<_> = rows.into_iter().map(|row| row.rule.unwrap().rule).collect();
    assert_eq!(asking, ["noted"; 3]);
    let Err(PlanError::Invalid(said)) = plan(Some("fees")).await else {
        panic!("it cannot be carried out");
    };
    assert_eq!(
        said,
        [
            "“The rule fees” names the tag `fees`, which Hiver does not have, or not any more. Change the rule first."
        ]
    );
}

#[tokio::test]
async fn of_two_plans_with_the_same_rule_only_one_is_carried_out() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let once = Rule {
        repeat: routing::model::Repeat::Once,
        ..rule("once", When::OnDemand, note("Only once."))
    };
    let set = RuleSet::of(vec![once]);
    let plan = async |who: &str, some: usize| {
        let selection = ids(&open[..some]);
        let planned = engine.plan_rules(who.to_owned(), &set, "Apply".to_owned(), selection, None);
        planned.await.unwrap()
    };
    let (anas, bens) = (plan("ana", 3).await, plan("ben", 4).await);
    assert!(engine.confirm(anas).await.unwrap());
    assert!(!engine.confirm(bens).await.unwrap());
    finished(&engine, anas).await;
    assert!(
        engine.confirm(anas).await.unwrap(),
        "the same run once more"
    );

    assert!(!engine.confirm(bens).await.unwrap());
    assert_eq!(engine.overtaken(bens).await.unwrap(), 3);
    let preview = engine.preview(bens, 0, 100).await.unwrap().unwrap();
    assert_eq!((preview.run.state, preview.stale), (RunState::Preview, 3));
    assert_eq!(house.writes().len(), 3);

    // Planned again, it is what is left.
    let again = engine.plan_rules_again("ben".to_owned(), &preview.run);
    let again = again.await.unwrap().unwrap();
    assert_eq!(changes(&engine, again).await.len(), 1);
    assert!(engine.confirm(again).await.unwrap());
    finished(&engine, again).await;
    let noted = open[..4].iter().map(|id| {
        let found = house.sim().conversation(id.as_str()).unwrap();
        found.notes.len()
    });
    assert_eq!(noted.collect::<Vec<_>>(), [1; 4]);
}
