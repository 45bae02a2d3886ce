//! What happened is kept once, whichever way it was seen, and told by the day.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use engine::{Clock, Engine, FlowDay, Known};
use hiver_sim::{Access, ConversationChange, NewConversation, Status};
use jiff::tz::TimeZone;
use store::{HistoryRow, Source};
use triage::actions::Actions;
use triage::history::{Flow, What};
use triage::model::{ConversationId, MailboxId};

use crate::support::{
    House, eventually, finished, ids, plan, refresh, run, start, tag, until_state, until_synced,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2026-11-20, 10:00 UTC.
const MORNING: i64 = 1_795_168_800_000;

/// A clock that is moved by hand, and otherwise goes.
#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn at(now: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now)))
    }

    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        // Every look is later than the one before.
        Clock::from_fn(move || now.fetch_add(1, Ordering::Relaxed))
    }

    fn go(&self, to: i64) {
        self.0.fetch_max(to, Ordering::Relaxed);
    }
}

async fn history(engine: &Engine) -> Vec<HistoryRow> {
    engine.store().history(1, 0, 100_000).await.unwrap()
}

async fn sources(engine: &Engine) -> Vec<(String, Source, Flow)> {
    let rows = history(engine).await;
    rows.into_iter()
        .map(|row| {
            (
                row.conversation.to_string(),
                row.source,
                row.observation.flow,
            )
        })
        .collect()
}

fn set_status(house: &House, id: &ConversationId, status: Status) {
    let change = ConversationChange {
        status: Some(status),
        ..Default::default()
    };
    house
        .sim()
        .change_conversation(id.as_str(), change)
        .unwrap();
}

fn arrive(house: &House, subject: &str) -> ConversationId {
    let new = NewConversation::new("Support", subject);
    let made = house.sim().create_conversation(new).unwrap();
    made.id.as_str().into()
}

fn support(engine: &Engine) -> MailboxId {
    let mirror = engine.mirror().read();
    let mailboxes = &mirror.directory.mailboxes;
    let found = mailboxes.iter().find(|one| one.name == "Support").unwrap();
    found.id.clone()
}

async fn days_of_support(engine: &Engine, zone: &TimeZone, days: u16) -> Vec<FlowDay> {
    let support = support(engine);
    let all = engine.inflow_outflow_in(zone, days).await.unwrap();
    let flow = all.into_iter().find(|one| one.mailbox == support).unwrap();
    flow.days
}

/// Lets time pass without a gap.
async fn watch_until(engine: &Engine, hand: &Hand, until: i64) {
    let mut now = engine.now();
    while now < until {
        now = until.min(now + 50 * 60_000);
        hand.go(now);
        refresh(engine).await;
    }
}

/// What came and left on the last days.
async fn numbers(engine: &Engine, days: u16) -> Vec<(usize, usize)> {
    let days = days_of_support(engine, &TimeZone::UTC, days).await;
    days.iter()
        .map(|day| (day.came.conversations, day.left.conversations))
        .collect()
}

fn listed(engine: &Engine, history: &triage::filter::HistoryAnswers, filter: &str) -> Vec<String> {
    let found = engine
        .mirror()
        .matching_with(filter, history, engine.now())
        .unwrap();
    found.into_iter().map(|one| one.id.to_string()).collect()
}

async fn list(engine: &Engine, filter: &str) -> Vec<String> {
    let history = engine.history_answers(filter).await.unwrap();
    listed(engine, &history, filter)
}

#[tokio::test]
async fn the_first_reading_is_where_the_history_begins_and_no_inflow() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    assert_eq!(history(&engine).await, []);
    let flows = engine.inflow_outflow(14).await.unwrap();
    assert_eq!(
        flows.len(),
        engine.mirror().read().directory.mailboxes.len()
    );
    for flow in &flows {
        assert!(flow.begins.is_some());
        let (today, before) = flow.days.split_last().unwrap();
        assert!(today.today && today.known == Known::Part);
        assert_eq!((today.came.conversations, today.left.conversations), (0, 0));
        assert!(
            before
                .iter()
                .all(|day| day.known == Known::Nothing && !day.today)
        );
    }
    // Looking again is no news either.
    refresh(&engine).await;
    engine.stop(Duration::from_secs(5)).await;
    let again = house.synced().await;
    refresh(&again).await;
    assert_eq!(history(&again).await, []);
}

#[tokio::test]
async fn every_way_of_seeing_something_keeps_it_once() {
    let house = House::new(80).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open mailbox:Support");
    let named = |number: usize| open[number].to_string();

    // A sweep: one that came, and one that was closed, which is read by itself.
    let new = arrive(&house, "Brand new");
    set_status(&house, &open[0], Status::Closed);
    refresh(&engine).await;
    let mut expected = vec![
        (new.to_string(), Source::Sweep, Flow::Came),
        (named(0), Source::Sweep, Flow::Left),
    ];
    assert_eq!(sources(&engine).await, expected);

    // A look at one.
    set_status(&house, &open[1], Status::Closed);
    engine.refresh_conversation(&open[1]).await.unwrap();
    expected.push((named(1), Source::LookedUp, Flow::Left));
    assert_eq!(sources(&engine).await, expected);

    // An event, delivered twice and out of order.
    set_status(&house, &open[2], Status::Closed);
    for event in ["conversation.status_changed", "conversation.assigned"] {
        let body = format!(
            r#"{{"event":"{event}","data":{{"conversation_id":"{}"}}}}"#,
            open[2]
        );
        for body in [body.clone(), body] {
            engine.take_delivery(body.into_bytes()).await.unwrap();
        }
    }
    let waiting = || async { engine.store().delivered_conversations(1, 9).await.unwrap() };
    eventually(&engine, "it is applied", || async {
        waiting().await.is_empty()
    })
    .await;
    expected.push((named(2), Source::Event, Flow::Left));
    assert_eq!(sources(&engine).await, expected);

    // A run of our own, and its undo.
    let close = Actions {
        set_status: Some(triage::model::Status::Closed),
        add_tags: vec![tag(&house, "vip")],
        ..Actions::default()
    };
    let done = run(&engine, ids(&open[3..4]), close).await;
    finished(&engine, done).await;
    let undo = engine.undo(done, "ana").await.unwrap().unwrap();
    until_state(&engine, undo, triage::outcome::RunState::Preview).await;
    assert!(engine.confirm(undo).await.unwrap());
    finished(&engine, undo).await;
    let rows = history(&engine).await;
    let own: Vec<_> = rows[expected.len()..]
        .iter()
        .map(|row| (row.source, row.observation.flow, row.seen_after == row.at))
        .collect();
    let of = |run| Source::Run(run);
    let mut kinds = own.clone();
    kinds.sort_by_key(|one| format!("{one:?}"));
    assert_eq!(own.len(), 4, "{own:?}");
    for expected in [
        (of(done), Flow::Left, true),
        (of(done), Flow::Neither, true),
        (of(undo), Flow::Came, true),
        (of(undo), Flow::Neither, true),
    ] {
        assert!(kinds.contains(&expected), "{expected:?} in {kinds:?}");
    }

    // None of it is news to who looks again, or starts again.
    refresh(&engine).await;
    engine.stop(Duration::from_secs(5)).await;
    let again = house.synced().await;
    refresh(&again).await;
    assert_eq!(history(&again).await, rows);
}

#[tokio::test]
async fn what_we_may_no_longer_see_has_left_and_its_mailbox_is_not_watched() {
    let house = House::new(60).await;
    let hand = Hand::at(MORNING);
    let engine = start(&house.database(), house.config(), hand.clock()).await;
    until_synced(&engine).await;
    let open = House::ids(&engine, "status:open mailbox:Support");
    let support = support(&engine);
    house
        .sim()
        .set_access(support.as_str(), Access::Forbidden)
        .unwrap();
    engine.refresh_conversation(&open[0]).await.unwrap();
    let expected = vec![(open[0].to_string(), Source::LookedUp, Flow::Left)];
    assert_eq!(sources(&engine).await, expected);
    assert_eq!(history(&engine).await[0].observation.what, What::Gone);
    // It is counted, and cannot be listed.
    let today = &days_of_support(&engine, &TimeZone::UTC, 1).await[0];
    assert_eq!((today.left.conversations, today.left.listed), (1, 0));

    hand.go(MORNING + 3 * HOUR + HOUR / 2);
    engine.refresh_and_wait(None).await;
    hand.go(MORNING + 4 * HOUR + HOUR / 3);
    for flow in engine.inflow_outflow(1).await.unwrap() {
        let hours = flow.days[0].unwatched / HOUR;
        assert_eq!(hours, if flow.mailbox == support { 4 } else { 3 });
    }
}

#[tokio::test]
async fn days_begin_at_midnight_of_the_zone() {
    let house = House::new(40).await;
    let hand = Hand::at(MORNING);
    let engine = start(&house.database(), house.config(), hand.clock()).await;
    until_synced(&engine).await;
    // 23:30 in UTC is half past midnight in Berlin.
    hand.go(MORNING + 13 * HOUR + HOUR / 2);
    arrive(&house, "Late in the evening");
    refresh(&engine).await;
    hand.go(MORNING + DAY);
    refresh(&engine).await;
    assert_eq!(numbers(&engine, 2).await, [(1, 0), (0, 0)]);
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let days = days_of_support(&engine, &berlin, 2).await;
    let came: Vec<_> = days.iter().map(|day| day.came.conversations).collect();
    assert_eq!(came, [0, 1]);
}

#[tokio::test]
async fn a_point_and_its_list_say_the_same() {
    let house = House::new(60).await;
    let hand = Hand::at(MORNING);
    let engine = start(&house.database(), house.config(), hand.clock()).await;
    until_synced(&engine).await;
    let support = support(&engine);
    let before_history = engine.history_answers("came:2026-11-19").await.unwrap();
    let error = engine
        .mirror()
        .matching_with("x came:2026-11-19", &before_history, engine.now())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Nothing is known of `2026-11-19`: the history begins on 2026-11-20"
    );
    assert_eq!(error.span, 2..17);

    watch_until(&engine, &hand, MORNING + DAY).await;
    let new = arrive(&house, "Brand new");
    let open = House::ids(&engine, "status:open mailbox:Support");
    set_status(&house, &open[0], Status::Closed);
    refresh(&engine).await;
    // Closed, opened and closed again is one conversation that left.
    set_status(&house, &open[0], Status::Open);
    refresh(&engine).await;
    set_status(&house, &open[0], Status::Closed);
    refresh(&engine).await;
    watch_until(&engine, &hand, MORNING + 2 * DAY).await;
    set_status(&house, &open[1], Status::Closed);
    refresh(&engine).await;

    let days = days_of_support(&engine, &TimeZone::UTC, 3).await;
    assert_eq!(numbers(&engine, 3).await, [(0, 0), (2, 1), (0, 1)]);
    for day in &days {
        for (key, flowed) in [("came", day.came), ("left", day.left)] {
            let filter = format!("mailbox:{support} {key}:{}", day.day);
            assert_eq!(
                list(&engine, &filter).await.len(),
                flowed.listed,
                "{filter}"
            );
            assert_eq!(flowed.listed, flowed.conversations, "{filter}");
        }
    }
    let came = list(&engine, "came:2026-11-21 -left:2026-11-21..2026-11-22").await;
    assert_eq!(came, [new.to_string()]);
    // A selection is made of the same list.
    let actions = Actions {
        set_status: Some(triage::model::Status::Pending),
        ..Actions::default()
    };
    let id = plan(
        &engine,
        crate::support::matching("left:2026-11-22"),
        actions,
    )
    .await;
    let planned = crate::support::changes(&engine, id).await;
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].conversation, open[1]);
}

#[tokio::test]
async fn where_nobody_looked_is_a_gap() {
    let mut house = House::new(40).await;
    let hand = Hand::at(MORNING);
    let engine = start(&house.database(), house.config(), hand.clock()).await;
    until_synced(&engine).await;
    hand.go(MORNING + HOUR / 2);
    refresh(&engine).await;
    let unwatched = async |days: u16| -> Vec<i64> {
        let days = days_of_support(&engine, &TimeZone::UTC, days).await;
        days.iter().map(|day| day.unwatched / HOUR).collect()
    };
    assert_eq!(unwatched(1).await, [0], "an hour or less is no gap");

    // Hiver is away for the rest of the day and half of the next.
    house.take_down().await;
    hand.go(MORNING + 26 * HOUR + HOUR / 2);
    assert_eq!(unwatched(2).await, [13, 12], "while it lasts");
    let filter = "came:2026-11-21";
    let open = || House::ids(&engine, "status:open mailbox:Support");
    let negated = format!("-{filter} status:open mailbox:Support");
    assert_eq!(
        list(&engine, &negated).await.len(),
        0,
        "nobody can say that they did not come"
    );
    house.bring_up().await;
    arrive(&house, "While nobody looked");
    refresh(&engine).await;
    assert_eq!(unwatched(2).await, [13, 12], "once it is over");
    assert_eq!(numbers(&engine, 2).await, [(0, 0), (1, 0)]);
    assert_eq!(list(&engine, filter).await.len(), 1);
    hand.go(MORNING + 26 * HOUR + 50 * 60_000);
    refresh(&engine).await;
    hand.go(MORNING + 26 * HOUR + 70 * 60_000);
    refresh(&engine).await;
    assert_eq!(unwatched(2).await, [13, 12]);
    assert!(!open().is_empty());
    let rows = history(&engine).await;
    assert!(matches!(rows[0].observation.what, What::Seen { .. }));
    assert!(rows[0].seen_after <= MORNING + HOUR && rows[0].at >= MORNING + 26 * HOUR);

    // A restart after another day does not forget when it last looked.
    engine.stop(Duration::from_secs(5)).await;
    hand.go(MORNING + 60 * HOUR);
    let again = start(&house.database(), house.config(), hand.clock()).await;
    refresh(&again).await;
    let days = days_of_support(&again, &TimeZone::UTC, 3).await;
    let hours: Vec<_> = days.iter().map(|day| day.unwatched / HOUR).collect();
    assert_eq!(hours[0], 13);
    assert!(hours[1] > 20 && hours[2] > 20, "{hours:?}");
}
