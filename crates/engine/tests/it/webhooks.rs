//! What Hiver delivers: kept, applied once, and right in the end whatever was said.

use std::time::Duration;

use engine::Engine;
use hiver_sim::{ConversationChange, NewConversation, Options, Status, WireOptions};
use serde_json::{Value, json};
use store::{Delivery, DeliveryState};
use triage::actions::Actions;
use triage::model::ConversationId;

use crate::support::{
    House, assert_mirror_is_true, eventually, finished, ids, mirrored, run, seen, truth, user,
};

async fn deliver(engine: &Engine, body: &Value) -> i64 {
    let kept = engine.take_delivery(body.to_string().into_bytes()).await;
    kept.unwrap().id
}

fn status_changed(id: &ConversationId, status: &str, salt: usize) -> Value {
    json!({"event": "conversation.status_changed", "salt": salt,
        "data": {"conversation": {"id": id}, "status": status}})
}

async fn settled(engine: &Engine, id: i64) -> Delivery {
    eventually(engine, "the delivery is settled", || async {
        let (delivery, _) = engine.delivery(id).await.unwrap().unwrap();
        delivery.state != DeliveryState::Waiting
    })
    .await;
    engine.delivery(id).await.unwrap().unwrap().0
}

async fn all_settled(engine: &Engine) {
    eventually(engine, "everything is settled", || async {
        let (all, _) = engine.deliveries(None, 10_000).await.unwrap();
        all.iter().all(|one| one.state != DeliveryState::Waiting)
    })
    .await;
}

fn close(house: &House, id: &ConversationId, status: Status) {
    let change = ConversationChange {
        status: Some(status),
        ..Default::default()
    };
    house
        .sim()
        .change_conversation(id.as_str(), change)
        .unwrap();
}

#[tokio::test]
async fn an_event_has_its_conversation_looked_at() {
    let house = House::new(50).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    close(&house, &open[0], Status::Closed);
    let id = deliver(&engine, &status_changed(&open[0], "closed", 0)).await;
    let delivery = settled(&engine, id).await;
    assert_eq!(delivery.state, DeliveryState::Applied);
    assert_eq!(
        delivery.effect.as_deref(),
        Some("The mirror changed: open → closed.")
    );
    assert_mirror_is_true(&engine, &house);
    assert_eq!(house.sim().ledger().requests.len(), 1);

    let new = house
        .sim()
        .create_conversation(NewConversation::new("Support", "Brand new"))
        .unwrap();
    let created = json!({"event": "conversation.created",
        "data": {"conversation": {"id": new.id, "subject": "Brand new"}}});
    let id = deliver(&engine, &created).await;
    assert!(settled(&engine, id).await.effect.unwrap().contains("new"));
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test]
async fn what_an_event_says_wrongly_or_late_is_not_shown() {
    let house = House::new(50).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let before = mirrored(&engine);
    house.sim().hold();
    let lie = deliver(&engine, &status_changed(&open[0], "closed", 0)).await;
    house.sim().until_waiting(1).await;
    assert_eq!(mirrored(&engine), before, "nothing before Hiver said so");
    house.sim().release();
    let delivery = settled(&engine, lie).await;
    assert_eq!(
        delivery.effect.as_deref(),
        Some("Hiver said what the mirror had.")
    );
    assert_mirror_is_true(&engine, &house);

    // Out of order and contradictory.
    close(&house, &open[1], Status::Pending);
    for (salt, status) in ["open", "closed", "pending", "closed"]
        .into_iter()
        .enumerate()
    {
        deliver(&engine, &status_changed(&open[1], status, salt)).await;
    }
    all_settled(&engine).await;
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test]
async fn a_whole_and_newer_conversation_is_shown_at_once() {
    let house = House::with(Options {
        wire: WireOptions {
            times: true,
            ..WireOptions::default()
        },
        ..Options::unlimited(50)
    })
    .await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let known = engine.mirror().conversation(&open[0]).unwrap();
    let at = known.updated_at.unwrap();
    let event = |updated_at: i64, status: &str| {
        json!({"event": "conversation.status_changed", "data": {"status": status, "conversation": {
            "id": open[0], "mailbox_id": known.mailbox, "subject": known.subject, "status": status,
            "assignee": null, "tags": [], "updated_at": updated_at}}})
    };
    house.sim().hold();
    let old = deliver(&engine, &event(at, "closed")).await;
    assert_eq!(engine.mirror().conversation(&open[0]).unwrap(), known);
    let new = deliver(&engine, &event(at + 60_000, "pending")).await;
    eventually(&engine, "it is shown", || async {
        let shown = engine.mirror().conversation(&open[0]).unwrap();
        shown.status == Some(triage::model::Status::Pending)
    })
    .await;
    let unheard_of = json!({"event": "conversation.created", "data": {"conversation": {
        "id": "cnv_unheard_of", "mailbox_id": known.mailbox, "subject": "x", "status": "open", "tags": []}}});
    let created = deliver(&engine, &unheard_of).await;
    eventually(&engine, "it is shown", || async {
        engine
            .mirror()
            .conversation(&"cnv_unheard_of".into())
            .is_some()
    })
    .await;
    let elsewhere = json!({"event": "conversation.created", "data": {"conversation": {
        "id": "cnv_elsewhere", "mailbox_id": "mb_elsewhere", "subject": "x", "status": "open", "tags": []}}});
    deliver(&engine, &elsewhere).await;
    house.sim().release();
    for id in [old, new, created] {
        settled(&engine, id).await;
    }
    all_settled(&engine).await;
    // Hiver had none of it.
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test]
async fn a_repeat_costs_nothing_unless_the_mirror_contradicts_it() {
    let house = House::new(50).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    close(&house, &open[0], Status::Closed);
    let closed = status_changed(&open[0], "closed", 0);
    let id = deliver(&engine, &closed).await;
    settled(&engine, id).await;
    let repeat = deliver(&engine, &closed).await;
    let (repeat, _) = engine.delivery(repeat).await.unwrap().unwrap();
    assert_eq!(
        (repeat.state, repeat.repeat_of),
        (DeliveryState::Repeat, Some(id))
    );
    assert_eq!(house.sim().ledger().requests.len(), 1);

    // Opened, which was delivered; then closed again, which looks the same as before.
    close(&house, &open[0], Status::Open);
    let opened = deliver(&engine, &status_changed(&open[0], "open", 1)).await;
    settled(&engine, opened).await;
    close(&house, &open[0], Status::Closed);
    let again = deliver(&engine, &closed).await;
    settled(&engine, again).await;
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test]
async fn what_the_console_did_itself_is_not_read_again() {
    let house = House::new(50).await;
    let engine = house.synced().await;
    let id = House::ids(&engine, "status:open is:unassigned").remove(0);
    let ana = user(&house, 1);
    let actions = Actions {
        assign: Some(ana.clone()),
        note: Some("Have a look, <Ana>.".to_owned()),
        ..Actions::default()
    };
    let sent = run(&engine, ids(std::slice::from_ref(&id)), actions).await;
    finished(&engine, sent).await;
    house.sim().clear_ledger();
    let reads = || house.sim().ledger().requests.len();
    let note = |text: &str| {
        json!({"event": "note.added", "data": {"conversation": {"id": id},
            "note": {"id": "note_1", "body": text, "type": "internal"}}})
    };
    let assigned = |to: &str| {
        json!({"event": "conversation.assigned",
            "data": {"conversation": {"id": id}, "assignee": {"id": to}}})
    };
    for own in [
        note("<p>Have a look, &lt;Ana&gt;.</p>"),
        assigned(ana.as_str()),
    ] {
        let (delivery, _) = engine
            .delivery(deliver(&engine, &own).await)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(delivery.state, DeliveryState::Applied);
        assert_eq!(
            delivery.effect.as_deref(),
            Some("The console did that itself.")
        );
    }
    assert_eq!(reads(), 0);
    // What others did, and what does not say enough, is looked at.
    for others in [
        note("Another one."),
        assigned(user(&house, 2).as_str()),
        json!({"event": "conversation.assigned", "data": {"conversation": {"id": id}}}),
        json!({"event": "conversation.updated", "data": {"conversation": {"id": id}}}),
    ] {
        let before = reads();
        let number = deliver(&engine, &others).await;
        settled(&engine, number).await;
        assert_eq!(reads(), before + 1, "{others}");
    }
}

#[tokio::test]
async fn many_events_of_one_conversation_cost_few_reads() {
    let house = House::new(20).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let senders: Vec<_> = (0..50)
        .map(|sender| {
            let (engine, id) = (engine.clone(), open[0].clone());
            tokio::spawn(async move {
                for number in 0..200 {
                    deliver(&engine, &status_changed(&id, "open", sender * 200 + number)).await;
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let (all, count) = engine.deliveries(None, 20_000).await.unwrap();
    assert_eq!((all.len(), count), (10_000, 10_000));
    all_settled(&engine).await;
    let reads = house.sim().ledger().requests.len();
    assert!(reads <= 8, "{reads} reads");
}

#[tokio::test]
async fn what_was_kept_is_applied_after_a_crash() {
    let house = House::new(50).await;
    let doomed = house.doomed(engine::Clock::system()).await;
    let open = House::ids(&doomed.engine, "status:open");
    close(&house, &open[0], Status::Closed);
    house.sim().hold();
    let id = deliver(&doomed.engine, &status_changed(&open[0], "closed", 0)).await;
    doomed.kill();
    house.sim().release();
    let engine = house.engine().await;
    let delivery = settled(&engine, id).await;
    assert_eq!(
        delivery.effect.as_deref(),
        Some("The mirror changed: open → closed.")
    );
    engine.stop(Duration::from_secs(5)).await;
    assert!(
        engine.take_delivery(b"late".to_vec()).await.is_err(),
        "whoever delivers is told to try again"
    );
}

#[tokio::test]
async fn trouble_is_waited_out() {
    let mut house = House::new(50).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    close(&house, &open[0], Status::Closed);
    house.take_down().await;
    let id = deliver(&engine, &status_changed(&open[0], "closed", 0)).await;
    house.bring_up().await;
    assert_eq!(settled(&engine, id).await.state, DeliveryState::Applied);

    house.sim().set_key_active(false);
    close(&house, &open[1], Status::Closed);
    let id = deliver(&engine, &status_changed(&open[1], "closed", 0)).await;
    eventually(&engine, "the key is refused", || async {
        engine.status().await.unwrap().trouble.is_some()
    })
    .await;
    house.sim().set_key_active(true);
    engine.refresh();
    assert_eq!(settled(&engine, id).await.state, DeliveryState::Applied);
    let mirrored = engine.mirror().conversation(&open[1]).unwrap();
    let real = house.sim().conversation(open[1].as_str()).unwrap();
    assert_eq!(seen(&mirrored), truth(&real));
}

#[tokio::test]
async fn anything_is_taken() {
    let house = House::new(20).await;
    let engine = house.synced().await;
    let before = mirrored(&engine);
    let nothing_to_do = [
        b"".to_vec(),
        b"\xFF\xFE".to_vec(),
        "[".repeat(1024 * 1024).into_bytes(),
        b"{\"event\":\"ping\"}".to_vec(),
        b"{\"event\":\"ping\",\"data\":{\"conversation\":{\"id\":\"..\"}}}".to_vec(),
    ];
    for body in nothing_to_do {
        let kept = engine.take_delivery(body.clone()).await.unwrap();
        assert_eq!(kept.state, DeliveryState::Applied);
        let (delivery, stored) = engine.delivery(kept.id).await.unwrap().unwrap();
        assert!(stored == body);
        let effect = delivery.effect.unwrap();
        let is_ping = body.starts_with(b"{\"event\":\"ping\"");
        let expected = if is_ping {
            "works"
        } else {
            "nothing to look at"
        };
        assert!(effect.contains(expected), "{effect}");
        assert!(!engine.replay_delivery(kept.id).await.unwrap());
    }
    assert!(house.sim().ledger().requests.is_empty());

    let unheard_of =
        json!({"event": "conversation.merged", "data": {"conversation": {"id": "../nobody ?"}}});
    let id = deliver(&engine, &unheard_of).await;
    let effect = settled(&engine, id).await.effect;
    assert_eq!(effect.as_deref(), Some("Hiver has no such conversation."));
    assert!(engine.replay_delivery(id).await.unwrap());
    settled(&engine, id).await;
    assert_eq!(house.sim().ledger().requests.len(), 2);
    assert_eq!(mirrored(&engine), before);
}
