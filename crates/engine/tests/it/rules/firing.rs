//! Rules look at what happens, each once, and act by runs of their own.

use std::time::{Duration, Instant};

use engine::PlanError;
use hiver_sim::{ConversationChange, NewConversation, Status};
use routing::model::{Actions, Condition, Mode, Repeat, Rule, TextCondition, When};
use store::{Author, RunLane};
use triage::outcome::{Outcome, RunState};

use super::support::{
    add_tag, assign, create, deliver, deliver_note, note, quiet, rule, runs_of_rules, save,
};
use crate::support::{House, changes, matching, tag, user};

#[tokio::test]
async fn what_hiver_delivers_makes_a_rule_act_at_once_and_once() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let ana = user(&house, 1);
    let invoices = Rule {
        name: "Invoices to Ana".to_owned(),
        conditions: Condition::Text(TextCondition::subject_contains(["invoice"])),
        ..rule("invoices", When::Created, {
            Actions {
                note: Some("{{rule}}: found {{matched}}.".to_owned()),
                ..assign(ana.clone())
            }
        })
    };
    let version = save(&engine, vec![invoices]).await;
    let began = Instant::now();
    let id = create(&house, "My invoice is wrong");
    let other = create(&house, "Something else");
    deliver(&engine, "conversation.created", &id, 0).await;
    deliver(&engine, "conversation.created", &id, 0).await;
    deliver(&engine, "conversation.created", &id, 1).await;
    deliver(&engine, "conversation.created", &other, 2).await;
    quiet(&engine).await;
    assert!(began.elapsed() < Duration::from_secs(2));

    let found = house.sim().conversation(&id).unwrap();
    assert_eq!(found.assignee.as_deref(), Some(ana.as_str()));
    assert_eq!(found.notes.len(), 1);
    assert_eq!(found.notes[0].body, "Invoices to Ana: found invoice.");
    assert_eq!(house.writes().len(), 2);

    let runs = runs_of_rules(&engine).await;
    assert_eq!(runs.len(), 1);
    let run = &runs[0];
    assert_eq!(run.lane, RunLane::Rules);
    assert_eq!(run.chain, ["invoices"]);
    let author = Author::Rule {
        rule: "invoices".to_owned(),
        name: "Invoices to Ana".to_owned(),
        version,
    };
    assert_eq!(run.author, author);
    assert_eq!(run.author.to_string(), "rule “Invoices to Ana” (version 1)");
    let title = run.title.as_deref().unwrap();
    assert!(title.starts_with("assign to"), "{title}");
    assert_eq!(engine.authors().await.unwrap(), ["rule “Invoices to Ana”"]);
    let (written, total) = engine.written(&Default::default(), 0, 10).await.unwrap();
    assert_eq!((written[0].0.author.clone(), total), (author, 2));

    // What a rule did is taken back like anything else, and stays so.
    let undo = engine.undo(run.id, "ana").await.unwrap();
    assert!(undo.is_some());
    let acts = engine.rule_acts(None, None, None, 10).await.unwrap();
    assert_eq!(acts.len(), 1);
    assert!(acts[0].occurrence.starts_with("history:"));
    assert_eq!(acts[0].run, Some(run.id));
    assert_eq!(engine.acts().len(), 1);
    let stats = engine.rule_stats(7).await.unwrap();
    let stats = &stats[&"invoices".into()];
    assert_eq!((stats.total.matched, stats.total.acted), (1, 1));
    assert_eq!(stats.days.len(), 1);
}

#[tokio::test]
async fn nothing_that_happened_before_a_rule_was_there_makes_it_act() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let off = |mode| Rule {
        mode,
        ..rule("noting", When::Created, note("New."))
    };
    let other = || rule("other", When::Assigned, note("Assigned."));
    save(&engine, vec![other(), off(Mode::Off)]).await;
    let id = create(&house, "Before");
    deliver(&engine, "conversation.created", &id, 0).await;
    quiet(&engine).await;
    save(&engine, vec![other(), off(Mode::On)]).await;
    save(
        &engine,
        vec![
            other(),
            off(Mode::On),
            rule("late", When::AnyChange, note("Late.")),
        ],
    )
    .await;
    deliver(&engine, "conversation.created", &id, 1).await;
    quiet(&engine).await;
    assert!(house.writes().is_empty(), "not the one before");
    let id = create(&house, "After");
    deliver(&engine, "conversation.created", &id, 2).await;
    quiet(&engine).await;
    let notes = house.sim().conversation(&id).unwrap().notes;
    assert_eq!(notes.len(), 2);
    assert_eq!(house.writes().len(), 2);
    assert!(!open.is_empty());
}

#[tokio::test]
async fn a_status_an_assignment_and_a_note_are_occasions() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open is:unassigned");
    let rules = [
        ("assigned", When::Assigned),
        ("opened", When::Opened),
        ("pending", When::Pending),
        ("closed", When::Closed),
        ("noted", When::NoteAdded),
        ("changed", When::AnyChange),
    ];
    let billing = |name: &str| Rule {
        repeat: Repeat::EachOccurrence,
        ..rule(
            name,
            rules.iter().find(|one| one.0 == name).unwrap().1.clone(),
            note(name),
        )
    };
    save(
        &engine,
        rules.iter().map(|(name, _)| billing(name)).collect(),
    )
    .await;
    let id = open[0].as_str();
    let change = |change| {
        house.sim().change_conversation(id, change).unwrap();
    };
    let said = || -> Vec<String> {
        let notes = house.sim().conversation(id).unwrap().notes;
        notes.into_iter().map(|note| note.body).collect()
    };
    change(ConversationChange {
        status: Some(Status::Closed),
        ..Default::default()
    });
    deliver(&engine, "conversation.status_changed", id, 0).await;
    quiet(&engine).await;
    assert_eq!(said(), ["closed", "changed"]);
    change(ConversationChange {
        assignee: Some(Some(user(&house, 1).to_string())),
        ..Default::default()
    });
    deliver(&engine, "conversation.assigned", id, 1).await;
    quiet(&engine).await;
    assert_eq!(said()[2..], ["assigned", "changed"]);
    deliver_note(&engine, id, "A colleague was here.", 2).await;
    deliver_note(&engine, id, "A colleague was here.", 2).await;
    quiet(&engine).await;
    assert_eq!(said()[4..], ["noted", "changed"]);
}

#[tokio::test]
async fn rules_look_after_each_sweep_and_by_hand() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let unassigned = House::ids(&engine, "status:open is:unassigned");
    let ben = user(&house, 2);
    let nobody = Condition::All(vec![
        Condition::Assignee(routing::model::AssigneeTest::Nobody),
        Condition::Status(vec![triage::model::Status::Open]),
    ]);
    let sweeping = Rule {
        conditions: nobody.clone(),
        ..rule("sweeping", When::Sweep, assign(ben.clone()))
    };
    let asked = Rule {
        ..rule("asked", When::OnDemand, add_tag(tag(&house, "billing")))
    };
    save(&engine, vec![sweeping, asked]).await;
    engine.refresh();
    let is_ben = || {
        unassigned.iter().all(|id| {
            let one = house.sim().conversation(id.as_str()).unwrap();
            one.assignee.as_deref() == Some(ben.as_str())
        })
    };
    crate::support::eventually(&engine, "all are Ben's", || async { is_ben() }).await;
    quiet(&engine).await;
    assert_eq!(house.writes().len(), unassigned.len());
    crate::support::refresh(&engine).await;
    quiet(&engine).await;
    assert_eq!(house.writes().len(), unassigned.len(), "nobody is left");

    let all = matching("status:open");
    let dry = engine.run_rules_on_demand(&all, None).await.unwrap();
    assert_eq!((dry.runs.len(), dry.rules), (0, 1));
    assert_eq!(dry.would.len() as u64, dry.by_rule[0].acted);
    house.sim().clear_ledger();
    let done = engine
        .run_rules_on_demand(&all, Some("first"))
        .await
        .unwrap();
    assert_eq!(done.by_rule, dry.by_rule);
    crate::support::until_state(&engine, done.runs[0], RunState::Finished).await;
    let rows = changes(&engine, done.runs[0]).await;
    assert_eq!(rows.len(), dry.would.len());
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    // Whoever asks for the same once more, because the answer was lost, has it done once.
    let sent = house.writes().len();
    let again = engine.run_rules_on_demand(&all, Some("first")).await;
    assert!(matches!(again, Err(PlanError::Invalid(_))), "{again:?}");
    quiet(&engine).await;
    assert_eq!(house.writes().len(), sent);
}

#[tokio::test]
async fn what_is_decided_later_is_sent_later() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let label = tag(&house, "billing");
    let done = Rule {
        actions: Actions {
            remove_tags: vec![label.clone()],
            ..Actions::default()
        },
        ..rule("done", When::Closed, Actions::default())
    };
    save(
        &engine,
        vec![done, rule("new", When::Created, add_tag(label))],
    )
    .await;
    // When it is first seen, it is closed already.
    let new = NewConversation {
        status: Status::Closed,
        ..NewConversation::new("Support", "Settled at once")
    };
    let id = house.sim().create_conversation(new).unwrap().id;
    deliver(&engine, "conversation.created", &id, 1).await;
    quiet(&engine).await;
    let found = house.sim().conversation(&id).unwrap();
    assert_eq!(house.writes().len(), 2);
    assert!(found.tags.is_empty(), "{:?}", found.tags);
}
