//! What rules decided some time ago is sent as it still fits.

use engine::{Clock, Config, Engine};
use hiver_sim::{ConversationChange, Deed, Status};
use routing::model::{Actions, Rule, When};
use triage::outcome::{Outcome, RunState};
use triage::selection::Selection;

use super::support::{assign, create, deliver, note, quiet, rule, runs_of_rules, save};
use crate::support::{House, changes, eventually, matching, start, until_synced, user};

/// An engine that takes its time, with the mirror read.
async fn paced(house: &House) -> Engine {
    let config = Config {
        requests_per_second: Some(20.0),
        ..house.config()
    };
    let engine = start(&house.database(), config, Clock::system()).await;
    until_synced(&engine).await;
    engine
}

/// Says what the last run of rules did, as outcomes and reasons.
async fn last_run(engine: &Engine) -> Vec<(Outcome, Option<String>)> {
    let last = runs_of_rules(engine).await.pop().unwrap();
    let rows = changes(engine, last.id).await;
    rows.into_iter()
        .map(|row| (row.outcome, row.reason))
        .collect()
}

#[tokio::test]
async fn what_a_colleague_did_since_a_rule_decided_is_left_alone() {
    let house = House::new(60).await;
    let engine = paced(&house).await;
    let (ana, ben) = (user(&house, 1), user(&house, 2));
    let id = House::ids(&engine, "status:open is:unassigned").remove(0);
    let late = rule(
        "late",
        When::Pending,
        Actions {
            note: Some("Assigned to Ana.".to_owned()),
            ..assign(ana)
        },
    );
    let big = rule("big", When::OnDemand, note("Seen."));
    save(&engine, vec![big, late]).await;
    let all: Selection = matching("");
    engine
        .run_rules_on_demand(&all, Some("once"))
        .await
        .unwrap();
    // It waits until what was decided before about the conversation is sent.
    let pending = ConversationChange {
        status: Some(Status::Pending),
        ..ConversationChange::default()
    };
    house
        .sim()
        .change_conversation(id.as_str(), pending)
        .unwrap();
    deliver(&engine, "conversation.status_changed", id.as_str(), 0).await;
    eventually(&engine, "a second run", async || {
        runs_of_rules(&engine).await.len() == 2
    })
    .await;
    let taken = ConversationChange {
        assignee: Some(Some(ben.to_string())),
        ..ConversationChange::default()
    };
    house.sim().change_conversation(id.as_str(), taken).unwrap();
    deliver(&engine, "conversation.assigned", id.as_str(), 1).await;
    quiet(&engine).await;
    let found = house.sim().conversation(id.as_str()).unwrap();
    assert_eq!(found.assignee.as_deref(), Some(ben.as_str()));
    let bodies: Vec<_> = found.notes.iter().map(|note| note.body.as_str()).collect();
    assert_eq!(bodies, ["Seen."]);
    let why = [
        "changed meanwhile",
        "not sent, because another change of its rule to the conversation failed",
    ];
    assert_eq!(
        last_run(&engine).await,
        why.map(|why| (Outcome::Failed, Some(why.to_owned())))
    );
}

#[tokio::test]
async fn a_note_does_not_tell_of_what_hiver_refused() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let gone = user(&house, 1);
    let id = House::ids(&engine, "status:open is:unassigned").remove(0);
    let telling = Rule {
        actions: Actions {
            note: Some("Assigned to somebody.".to_owned()),
            ..assign(gone.clone())
        },
        ..rule("telling", When::Pending, Actions::default())
    };
    save(&engine, vec![telling]).await;
    quiet(&engine).await;
    // The console has not read the names since.
    let deed = Deed::DeleteUser {
        id: gone.to_string(),
    };
    house.sim().carry_out(&deed).unwrap();
    let pending = ConversationChange {
        status: Some(Status::Pending),
        ..ConversationChange::default()
    };
    house
        .sim()
        .change_conversation(id.as_str(), pending)
        .unwrap();
    deliver(&engine, "conversation.status_changed", id.as_str(), 0).await;
    quiet(&engine).await;
    assert!(
        house
            .sim()
            .conversation(id.as_str())
            .unwrap()
            .notes
            .is_empty()
    );
    let rows = last_run(&engine).await;
    let outcomes: Vec<_> = rows.iter().map(|(outcome, _)| *outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Failed], "{rows:?}");
}

#[tokio::test]
async fn a_small_run_does_not_wait_for_a_big_one_that_is_about_others() {
    let house = House::new(60).await;
    let engine = paced(&house).await;
    let big = rule("big", When::OnDemand, note("Seen."));
    let fast = rule("fast", When::Created, note("New."));
    save(&engine, vec![big, fast]).await;
    let all: Selection = matching("");
    let asked = engine.run_rules_on_demand(&all, Some("once")).await;
    let big = asked.unwrap().runs[0];
    let id = create(&house, "In between");
    deliver(&engine, "conversation.created", &id, 0).await;
    eventually(&engine, "the small one is over", async || {
        let runs = runs_of_rules(&engine).await;
        runs.len() == 2 && runs[1].state == RunState::Finished
    })
    .await;
    let tally = engine.run_status(big).await.unwrap().unwrap().tally;
    assert!(tally.waiting > 0, "{tally:?}");
    quiet(&engine).await;
    let notes = house.sim().conversation(&id).unwrap().notes;
    assert_eq!(notes.len(), 1);
}
