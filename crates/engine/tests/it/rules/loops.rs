//! No chain of rules goes on for ever.

use hiver_sim::{ConversationChange, Status};
use routing::model::{Actions, AssigneeTest, Condition, Rule, When};

use super::support::{
    add_tag, assign, create, deliver, deliver_note, note, quiet, rule, runs_of_rules, save,
};
use crate::support::{House, ids, run, tag, user};

#[tokio::test]
async fn a_rule_does_not_act_on_what_it_did_itself() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let (ana, ben) = (user(&house, 1), user(&house, 2));
    // What each does makes it fit again.
    let is = |who| Condition::Assignee(AssigneeTest::OneOf(vec![who]));
    let to_ben = Rule {
        conditions: is(ana.clone()),
        ..rule("to-ben", When::AnyChange, assign(ben.clone()))
    };
    let to_ana = Rule {
        conditions: is(ben.clone()),
        ..rule("to-ana", When::AnyChange, assign(ana.clone()))
    };
    let noting = rule("noting", When::AnyChange, note("Something changed."));
    save(&engine, vec![noting, to_ben, to_ana]).await;
    let id = create(&house, "Whose is it?");
    deliver(&engine, "conversation.created", &id, 0).await;
    quiet(&engine).await;
    assert_eq!(house.sim().conversation(&id).unwrap().notes.len(), 1);
    let change = ConversationChange {
        assignee: Some(Some(ana.to_string())),
        ..Default::default()
    };
    house.sim().change_conversation(&id, change).unwrap();
    deliver(&engine, "conversation.assigned", &id, 1).await;
    quiet(&engine).await;
    let found = house.sim().conversation(&id).unwrap();
    assert!(
        [&ana, &ben]
            .iter()
            .any(|who| found.assignee.as_deref() == Some(who.as_str()))
    );
    let runs = runs_of_rules(&engine).await;
    assert!(runs.len() <= 6, "{}", runs.len());
    assert!(found.notes.len() <= 3, "{:?}", found.notes);
    let longest = runs.iter().map(|run| run.chain.len()).max();
    assert!(longest <= Some(3));

    // A person's change makes them act again.
    let before = runs.len();
    let actions = triage::actions::Actions {
        set_status: Some(triage::model::Status::Pending),
        ..Default::default()
    };
    run(&engine, ids(&[id.as_str().into()]), actions).await;
    quiet(&engine).await;
    assert!(runs_of_rules(&engine).await.len() > before);
}

#[tokio::test]
async fn one_rule_may_set_off_another() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let billing = tag(&house, "billing");
    let closing = rule(
        "closing",
        When::Created,
        Actions {
            set_status: Some(triage::model::Status::Closed),
            ..Actions::default()
        },
    );
    let tagging = rule("tagging", When::Closed, add_tag(billing.clone()));
    save(&engine, vec![closing, tagging]).await;
    let id = create(&house, "Close me");
    deliver(&engine, "conversation.created", &id, 0).await;
    quiet(&engine).await;
    let found = house.sim().conversation(&id).unwrap();
    assert_eq!(found.status, Status::Closed);
    assert_eq!(found.tags, [billing.to_string()]);
    let chains: Vec<_> = runs_of_rules(&engine)
        .await
        .into_iter()
        .map(|run| run.chain)
        .collect();
    assert_eq!(chains, [vec!["closing"], vec!["closing", "tagging"]]);
}

#[tokio::test]
async fn the_echo_of_a_note_is_known_again() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let id = open[0].as_str();
    let answering = rule(
        "answering",
        When::NoteAdded,
        note("A \"note\" was <added>."),
    );
    save(&engine, vec![answering]).await;
    let notes = || house.sim().conversation(id).unwrap().notes.len();
    deliver_note(&engine, id, "Hello?", 0).await;
    quiet(&engine).await;
    assert_eq!(notes(), 1);
    for (salt, echo) in [
        "A \"note\" was <added>.",
        "<p>A &quot;note&quot; was &lt;added&gt;.</p>",
    ]
    .into_iter()
    .enumerate()
    {
        deliver_note(&engine, id, echo, salt + 1).await;
        quiet(&engine).await;
    }
    deliver(&engine, "note.added", id, 9).await;
    quiet(&engine).await;
    assert_eq!(notes(), 1, "its own, however it is told");
    deliver_note(&engine, id, "Hello again!", 10).await;
    quiet(&engine).await;
    assert_eq!(notes(), 2, "a colleague's");
}
