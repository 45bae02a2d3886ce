//! What sweeps read, when, and at what price.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use engine::{Clock, Engine, ReadingSettings};
use hiver::{Dialect, Hiver, Lane, Settings};
use hiver_sim::{Access, ConversationChange, NewConversation, Status};
use serde_json::json;
use store::HistoryMark;
use triage::model::MailboxId;

use crate::support::{
    House, KEY, assert_mirror_is_true, eventually, note, refresh, start, until_synced,
};

const NOW: i64 = 1_780_000_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A clock that a test sets.
fn clock() -> (Arc<AtomicI64>, Clock) {
    let now = Arc::new(AtomicI64::new(NOW));
    let read = Arc::clone(&now);
    (now, Clock::from_fn(move || read.load(Ordering::SeqCst)))
}

/// The paths of list requests, with their query, since the ledger was cleared.
fn lists(house: &House) -> Vec<String> {
    let requests = house.sim().ledger().requests;
    requests
        .into_iter()
        .filter(|one| one.path.ends_with("/conversations"))
        .map(|one| one.query.unwrap_or_default())
        .collect()
}

fn mailbox(house: &House, name: &str) -> MailboxId {
    let mailboxes = house.sim().summary().mailboxes;
    let found = mailboxes.iter().find(|one| one.name == name).unwrap();
    found.id.as_str().into()
}

async fn settle(engine: &Engine) {
    eventually(engine, "nothing is being read", || async {
        engine.status().await.unwrap().sync.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_first_reading_that_was_broken_off_goes_on_where_it_stopped() {
    let house = House::new(3_000).await;
    house.sim().hold();
    let (_, at) = clock();
    let doomed = house.doomed_and_patient(at.clone()).await;
    let mut answered = 0;
    // Into the pages of the closed ones, which are most.
    while !doomed
        .engine
        .status()
        .await
        .unwrap()
        .sync
        .is_some_and(|sync| sync.doing.contains("closed") && sync.conversations > 1_500)
    {
        house.sim().until_waiting(1).await;
        let arrived = house.sim().ledger().last;
        house.sim().release();
        house.sim().until_answered(arrived).await;
        house.sim().hold();
        answered += 1;
    }
    doomed.kill();
    house.sim().release();
    house.sim().clear_ledger();
    let engine = start(&house.database(), house.config(), at).await;
    until_synced(&engine).await;
    assert_mirror_is_true(&engine, &house);
    let pages: usize = house
        .sim()
        .summary()
        .mailboxes
        .iter()
        .flat_map(|one| [one.open, one.pending, one.closed])
        .map(|rows| rows.div_ceil(100).max(1))
        .sum();
    let again = lists(&house).len();
    // The page that was being asked for is asked for again, and one whose answer had not been kept.
    assert!(
        answered - 3 + again <= pages + 2,
        "{answered} and {again} requests for {pages} pages"
    );
}

#[tokio::test]
async fn a_mailbox_that_is_left_out_is_forgotten_and_not_asked_for() {
    let house = House::new(300).await;
    let engine = house.synced().await;
    let support = mailbox(&house, "Support");
    let of_support = House::ids(&engine, "mailbox:Support status:open");
    assert!(!of_support.is_empty());
    let connection = engine.status().await.unwrap().connection.unwrap().id;
    let marks = engine.store().history_marks(connection).await.unwrap();
    let before = marks
        .into_iter()
        .find(|one| one.mailbox == support)
        .unwrap();
    assert!(before.begins_at.is_some());
    let out = ReadingSettings {
        left_out: BTreeSet::from([support.clone()]),
        ..ReadingSettings::default()
    };
    engine.set_reading(out.clone()).await.unwrap();
    let none_left = |engine: &Engine| {
        let mirror = engine.mirror().read();
        mirror
            .rows
            .values()
            .all(|row| row.conversation.mailbox.as_ref() != Some(&support))
            && mirror.as_of().is_some()
    };
    assert!(none_left(&engine));
    refresh(&engine).await;
    let event = json!({"event": "note.added", "data": {"conversation": {"id": of_support[0]}}});
    let kept = engine
        .take_delivery(event.to_string().into_bytes())
        .await
        .unwrap();
    eventually(&engine, "the event is applied", || async {
        let (delivery, _) = engine.delivery(kept.id).await.unwrap().unwrap();
        delivery.applied_at.is_some()
    })
    .await;
    assert!(none_left(&engine));
    assert!(
        lists(&house)
            .iter()
            .all(|query| !query.contains(support.as_str()))
    );
    engine.stop(Duration::from_secs(5)).await;

    let engine = house.engine().await;
    eventually(&engine, "it has looked", || async {
        house.sim().ledger().requests.len() >= 3
    })
    .await;
    settle(&engine).await;
    assert!(none_left(&engine), "a restart does not bring it back");
    assert_eq!(engine.reading_settings().await.unwrap(), out);

    engine
        .set_reading(ReadingSettings::default())
        .await
        .unwrap();
    eventually(&engine, "it is read again", || async {
        engine.mirror().read().synced.contains_key(&support)
    })
    .await;
    settle(&engine).await;
    assert_mirror_is_true(&engine, &house);

    // Its history went on, after a gap, and what was read anew did not come.
    let connection = engine.status().await.unwrap().connection.unwrap().id;
    let store = engine.store();
    eventually(&engine, "its history goes on", || async {
        let marks = store.history_marks(connection).await.unwrap();
        marks.iter().all(|mark| mark.left_at.is_none())
    })
    .await;
    let mark = |marks: Vec<HistoryMark>| marks.into_iter().find(|one| one.mailbox == support);
    let after = mark(store.history_marks(connection).await.unwrap()).unwrap();
    assert_eq!(after.begins_at, before.begins_at);
    let gaps = store.history_gaps(connection, 0).await.unwrap();
    assert_eq!(gaps.iter().filter(|gap| gap.mailbox == support).count(), 1);
    assert!(
        store
            .history(connection, 0, 1_000)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn events_that_came_while_the_console_was_down_are_made_up_for_at_its_start() {
    let house = House::new(60).await;
    let (now, at) = clock();
    let engine = start(&house.database(), house.config(), at.clone()).await;
    until_synced(&engine).await;
    let open = House::ids(&engine, "status:open");
    let event = json!({"event": "note.added", "data": {"conversation": {"id": open[0]}}});
    engine
        .take_delivery(event.to_string().into_bytes())
        .await
        .unwrap();
    assert!(engine.reading_plan().await.unwrap().events);
    engine.stop(Duration::from_secs(5)).await;
    let new = NewConversation::new("Support", "Nobody heard of it");
    let new = house.sim().create_conversation(new).unwrap();
    now.fetch_add(2 * MINUTE, Ordering::SeqCst);
    let engine = start(&house.database(), house.config(), at).await;
    eventually(&engine, "it is there", || async {
        engine
            .mirror()
            .conversation(&new.id.as_str().into())
            .is_some()
    })
    .await;
}

#[tokio::test]
async fn only_the_list_that_was_asked_for_is_read_again() {
    let house = House::new(300).await;
    let engine = house.synced().await;
    let new = NewConversation::new("Support", "Brand new");
    let new = house.sim().create_conversation(new).unwrap();
    engine
        .refresh_lists("mailbox:Support status:open is:unassigned")
        .await
        .unwrap();
    assert!(
        engine
            .mirror()
            .conversation(&new.id.as_str().into())
            .is_some()
    );
    let support = mailbox(&house, "Support");
    let asked = lists(&house);
    assert!(
        asked
            .iter()
            .all(|query| query.contains(support.as_str()) && query.contains("status=open")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn trouble_with_a_list_that_was_asked_for_is_shown_until_it_is_over() {
    let house = House::new(100).await;
    let engine = house.synced().await;
    house.sim().set_key_active(false);
    engine.refresh_lists("status:open").await.unwrap();
    let trouble = engine.status().await.unwrap().trouble;
    assert!(trouble.is_some_and(|trouble| trouble.about_key));
    assert_eq!(
        house.sim().ledger().requests.len(),
        1,
        "a refused key is not tried again"
    );
    house.sim().set_key_active(true);
    engine.refresh_lists("status:open").await.unwrap();
    assert_eq!(engine.status().await.unwrap().trouble, None);
}

#[tokio::test]
async fn where_many_left_a_list_the_others_are_read_instead_of_looking_them_up() {
    let house = House::new(900).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "mailbox:Support status:open");
    assert!(open.len() > 60, "{}", open.len());
    for id in &open[..60] {
        let closed = ConversationChange {
            status: Some(Status::Closed),
            ..Default::default()
        };
        house
            .sim()
            .change_conversation(id.as_str(), closed)
            .unwrap();
    }
    refresh(&engine).await;
    assert_mirror_is_true(&engine, &house);
    let single = house.sim().ledger().requests;
    let single = single
        .iter()
        .filter(|one| one.path.contains("/conversations/"))
        .count();
    assert_eq!(single, 0);
}

#[tokio::test]
async fn closed_lists_are_read_rarely_and_open_ones_often() {
    let house = House::new(200).await;
    let (now, at) = clock();
    let engine = start(&house.database(), house.config(), at).await;
    until_synced(&engine).await;
    let later = async |minutes: i64| {
        house.sim().clear_ledger();
        now.fetch_add(minutes * MINUTE, Ordering::SeqCst);
        engine
            .set_reading(ReadingSettings::default())
            .await
            .unwrap();
        let due = engine.reading_plan().await.unwrap();
        let due = due.mailboxes.iter().flat_map(|one| &one.lists);
        let due = due
            .filter(|list| list.due_at <= now.load(Ordering::SeqCst))
            .count();
        eventually(&engine, "what is due is read", || async {
            lists(&house).len() >= due && engine.status().await.unwrap().sync.is_none()
        })
        .await;
        let asked = lists(&house);
        (
            asked.len(),
            asked
                .iter()
                .filter(|query| query.contains("closed"))
                .count(),
        )
    };
    assert_eq!(later(5).await, (0, 0));
    let (open, closed) = later(6).await;
    assert!(open > 0 && closed == 0, "{open}, {closed}");
    let (_, closed) = later(6 * 60).await;
    assert!(closed > 0);
    // A clock that is set back must not stop reading.
    now.fetch_sub(48 * HOUR, Ordering::SeqCst);
    let (open, closed) = later(1).await;
    assert!(open > 0 && closed > 0, "{open}, {closed}");
}

#[tokio::test]
async fn sweeps_that_used_their_share_wait_and_a_person_does_not() {
    let house = House::new(900).await;
    let (now, at) = clock();
    let mut config = house.config();
    // The first reading goes beyond the share: it has to.
    config.requests_per_day = Some(2_000);
    let engine = start(&house.database(), config, at).await;
    until_synced(&engine).await;
    let little = ReadingSettings {
        share: 1,
        ..ReadingSettings::default()
    };
    engine.set_reading(little).await.unwrap();
    let plan = engine.reading_plan().await.unwrap();
    assert!(
        plan.price <= plan.allowance && plan.stretch > 10.0,
        "{plan:?}"
    );
    assert_eq!(plan.allowance.round(), 20.0);

    now.fetch_add(24 * 30 * HOUR, Ordering::SeqCst);
    house.sim().clear_ledger();
    engine
        .set_reading(ReadingSettings {
            share: 1,
            ..ReadingSettings::default()
        })
        .await
        .unwrap();
    eventually(&engine, "sweeps have used their share", || async {
        let sync = engine.status().await.unwrap().sync;
        sync.is_some_and(|sync| sync.doing.contains("used their share"))
    })
    .await;
    assert!(lists(&house).len() <= 20, "{}", lists(&house).len());
    let new = NewConversation::new("Support", "Brand new");
    let new = house.sim().create_conversation(new).unwrap();
    engine.refresh();
    eventually(&engine, "a person's wish is read", || async {
        engine
            .mirror()
            .conversation(&new.id.as_str().into())
            .is_some()
    })
    .await;
}

#[tokio::test]
async fn events_are_read_ahead_of_a_run_that_fills_the_rate() {
    let house = House::new(400).await;
    let engine = house
        .engine_with(|config| config.requests_per_second = Some(40.0))
        .await;
    until_synced(&engine).await;
    let all = House::ids(&engine, "");
    let run = crate::support::run(&engine, crate::support::ids(&all[..300]), note("hello")).await;
    eventually(&engine, "the run is under way", || async {
        !house.writes().is_empty()
    })
    .await;
    let changed = ConversationChange {
        subject: Some(Some("Changed meanwhile".to_owned())),
        ..Default::default()
    };
    house
        .sim()
        .change_conversation(all[350].as_str(), changed)
        .unwrap();
    let event = json!({"event": "note.added", "data": {"conversation": {"id": all[350]}}});
    engine
        .take_delivery(event.to_string().into_bytes())
        .await
        .unwrap();
    eventually(&engine, "the mirror has it", || async {
        let now = engine.mirror().conversation(&all[350]).unwrap();
        now.subject.as_deref() == Some("Changed meanwhile")
    })
    .await;
    assert!(
        house.writes().len() < 300,
        "the run was not at its end: {}",
        house.writes().len()
    );
    assert!(engine.cancel(run).await.is_ok());
}

#[tokio::test]
async fn a_tag_that_was_made_since_is_known_with_the_first_row_that_has_it() {
    let house = House::new(100).await;
    let (now, at) = clock();
    let engine = start(&house.database(), house.config(), at).await;
    until_synced(&engine).await;
    let open = House::ids(&engine, "status:open");
    let colleague = Hiver::new(Settings {
        base_url: house.config().base_url,
        requests_per_second: 900.0,
        ..Settings::for_dialect(Dialect::Tutorial, KEY.to_owned().into())
    })
    .unwrap();
    let colleague = colleague.on(Lane::Click);
    let tag = colleague.create_tag("fresh").await.unwrap();
    colleague
        .add_tag(&open[0].as_str().into(), &tag.id)
        .await
        .unwrap();
    now.fetch_add(2 * MINUTE, Ordering::SeqCst);
    engine.refresh_conversation(&open[0]).await.unwrap();
    let mirrored = engine.mirror().conversation(&open[0]).unwrap();
    assert!(
        mirrored
            .tags
            .is_some_and(|tags| tags.contains(&tag.id.as_str().into()))
    );
    assert_eq!(House::ids(&engine, "tag:fresh"), [open[0].clone()]);
}

#[tokio::test]
async fn a_mailbox_that_hiver_no_longer_lists_is_forgotten_with_its_conversations() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let support = mailbox(&house, "Support");
    house.sim().set_access("Support", Access::Hidden).unwrap();
    refresh(&engine).await;
    let mirror = engine.mirror().read();
    assert!(mirror.directory.mailbox(&support).is_none());
    assert!(
        mirror
            .rows
            .values()
            .all(|row| row.conversation.mailbox.as_ref() != Some(&support))
    );
    assert!(!mirror.rows.is_empty());
}
