//! What is kept of what happened, when it begins, and where nobody looked.

use sea_orm::{ConnectionTrait, Database};
use store::{HistoryGap, HistoryRow, Look, LookOf, Source, Store};
use triage::history::{Flow, What};
use triage::model::{Assignee, Conversation, RunId, Status};

use crate::support::House;

const HOUR: i64 = 3_600_000;

fn conversation(id: &str, at: i64) -> Conversation {
    Conversation {
        id: id.into(),
        mailbox: Some("mb_1".into()),
        subject: Some("Hello".to_owned()),
        status: Some(Status::Open),
        assignee: Assignee::Nobody,
        tags: Some(Vec::new()),
        extras: triage::model::Extras::default(),
        created_at: None,
        updated_at: None,
        first_seen: at,
        last_changed: at,
    }
}

fn closed(id: &str, at: i64) -> Conversation {
    Conversation {
        status: Some(Status::Closed),
        ..conversation(id, at)
    }
}

async fn look(store: &Store, mailbox: &str, of: LookOf, began: i64) {
    let look = Look {
        began,
        ended: began + 5,
        of,
    };
    store.note_look(1, &mailbox.into(), look).await.unwrap();
}

fn open_look(expected_by: i64) -> LookOf {
    LookOf::Open {
        settled: true,
        expected_by,
    }
}

/// The history of `mb_1` begins at 15.
async fn begin(store: &Store) {
    look(store, "mb_1", open_look(i64::MAX), 10).await;
    look(store, "mb_1", LookOf::Closed, 10).await;
}

async fn history(store: &Store) -> Vec<HistoryRow> {
    store.history(1, 0, 1_000).await.unwrap()
}

async fn kinds(store: &Store) -> Vec<(String, What, Flow)> {
    let rows = history(store).await;
    rows.into_iter()
        .map(|row| {
            (
                row.conversation.to_string(),
                row.observation.what,
                row.observation.flow,
            )
        })
        .collect()
}

#[tokio::test]
async fn a_history_begins_once_all_of_a_mailbox_was_read() {
    let house = House::new().await;
    let store = &house.store;
    let save = async |row: Conversation| {
        let rows = [row];
        store
            .save_conversations(1, &rows, Source::Sweep)
            .await
            .unwrap();
    };
    save(conversation("ground", 5)).await;
    look(store, "mb_1", open_look(i64::MAX), 6).await;
    save(closed("ground", 7)).await;
    assert_eq!(store.history_marks(1).await.unwrap()[0].begins_at, None);
    look(store, "mb_1", LookOf::Closed, 8).await;
    let marks = store.history_marks(1).await.unwrap();
    assert_eq!(marks[0].begins_at, Some(13));
    assert_eq!(kinds(store).await, []);

    save(conversation("new", 20)).await;
    // The same again is no news, nor is it after a restart.
    save(conversation("new", 20)).await;
    let again = house.again().await;
    again
        .save_conversations(1, &[conversation("new", 20)], Source::Sweep)
        .await
        .unwrap();
    // A mailbox whose history has not begun.
    save(Conversation {
        mailbox: Some("mb_2".into()),
        ..conversation("other", 21)
    })
    .await;
    let seen = What::Seen {
        tags: Some(Vec::new()),
    };
    assert_eq!(kinds(store).await, [("new".to_owned(), seen, Flow::Came)]);
    // Later looks leave the beginning where it is.
    look(store, "mb_1", LookOf::Closed, 30).await;
    assert_eq!(store.history_marks(1).await.unwrap()[0].begins_at, Some(13));
}

#[tokio::test]
async fn neither_the_mirror_nor_its_history_is_written_without_the_other() {
    let house = House::new().await;
    let store = &house.store;
    store
        .save_conversations(1, &[conversation("c1", 5)], Source::Sweep)
        .await
        .unwrap();
    begin(store).await;
    let behind = Database::connect(house.address()).await.unwrap();
    behind
        .execute_unprepared(
            "CREATE TRIGGER full BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'full'); END",
        )
        .await
        .unwrap();
    let changed = [closed("c1", 20), conversation("c2", 20)];
    let saved = store.save_conversations(1, &changed, Source::Sweep).await;
    assert!(saved.is_err());
    let gone = ["c1".into()];
    let forgotten = store
        .forget_conversations(1, &gone, Source::Sweep, 21)
        .await;
    assert!(forgotten.is_err());
    let held = store.load_mirror(1).await.unwrap().conversations;
    assert_eq!(held, [conversation("c1", 5)]);

    behind
        .execute_unprepared("DROP TRIGGER full")
        .await
        .unwrap();
    store
        .save_conversations(1, &changed, Source::Sweep)
        .await
        .unwrap();
    store
        .forget_conversations(1, &gone, Source::LookedUp, 22)
        .await
        .unwrap();
    let rows = kinds(store).await;
    let flows: Vec<_> = rows.iter().map(|row| (row.0.as_str(), row.2)).collect();
    assert_eq!(
        flows,
        [
            ("c1", Flow::Left),
            ("c2", Flow::Came),
            ("c1", Flow::Neither)
        ]
    );
    assert_eq!(rows[2].1, What::Gone);
}

#[tokio::test]
async fn the_time_of_a_change_is_as_exact_as_can_be() {
    let house = House::new().await;
    let store = &house.store;
    let ground = [
        conversation("told", 5),
        conversation("untold", 5),
        conversation("own", 5),
        conversation("stale", 5),
    ];
    store
        .save_conversations(1, &ground, Source::Sweep)
        .await
        .unwrap();
    begin(store).await;
    look(store, "mb_1", open_look(i64::MAX), 100).await;
    let with = |id: &str, created_at, updated_at| Conversation {
        created_at,
        updated_at,
        ..closed(id, 200)
    };
    let new = |id: &str, created_at| Conversation {
        created_at,
        ..conversation(id, 200)
    };
    let changed = [
        with("told", None, Some(150)),
        with("untold", None, None),
        // Before the history began: Hiver's clock, or its meaning, is another.
        with("stale", None, Some(14)),
        new("new", Some(120)),
        // Not new: it was out of our sight.
        new("appeared", Some(50)),
        new("unborn", Some(300)),
    ];
    store
        .save_conversations(1, &changed, Source::Event)
        .await
        .unwrap();
    store
        .save_conversations(1, &[with("own", None, Some(150))], Source::Run(RunId(7)))
        .await
        .unwrap();
    let found: Vec<_> = history(store)
        .await
        .into_iter()
        .map(|row| {
            (
                row.conversation.to_string(),
                (row.seen_after, row.happened_at, row.at),
                row.source,
            )
        })
        .collect();
    let event = |id: &str, times| (id.to_owned(), times, Source::Event);
    assert_eq!(
        found,
        [
            event("told", (100, 150, 200)),
            event("untold", (100, 200, 200)),
            event("stale", (100, 200, 200)),
            event("new", (100, 120, 200)),
            event("appeared", (100, 200, 200)),
            event("unborn", (100, 200, 200)),
            ("own".to_owned(), (200, 200, 200), Source::Run(RunId(7))),
        ]
    );
}

#[tokio::test]
async fn what_is_read_back_is_what_happened() {
    let house = House::new().await;
    let store = &house.store;
    begin(store).await;
    let user = |id: Option<&str>, name: Option<&str>| Assignee::User {
        id: id.map(Into::into),
        name: name.map(str::to_owned),
    };
    let mut states = vec![conversation("c1", 20)];
    let mut then = |change: &dyn Fn(&mut Conversation)| {
        let mut next = states[states.len() - 1].clone();
        next.last_changed += 1;
        change(&mut next);
        states.push(next);
    };
    then(&|one| one.assignee = user(Some("u1"), Some("Ana")));
    then(&|one| one.assignee = user(None, Some("Ben: \"x\"")));
    then(&|one| one.assignee = Assignee::Unknown);
    then(&|one| one.tags = Some(vec!["a".into(), "b\"".into()]));
    then(&|one| one.tags = None);
    then(&|one| one.tags = Some(vec!["c".into()]));
    then(&|one| one.status = Some(Status::Other("snoozed".to_owned())));
    then(&|one| one.mailbox = Some("mb_2".into()));
    look(store, "mb_2", open_look(i64::MAX), 10).await;
    look(store, "mb_2", LookOf::Closed, 10).await;
    for state in &states {
        store
            .save_conversations(1, std::slice::from_ref(state), Source::Sweep)
            .await
            .unwrap();
    }
    let mut before = None;
    let mut expected = Vec::new();
    for state in &states {
        expected.extend(triage::history::observe(before, Some(state), 15));
        before = Some(state);
    }
    // The name of a user with an id is not kept: it may change.
    let without_name = |assignee: &mut Assignee| {
        if let Assignee::User { id: Some(_), name } = assignee {
            *name = None;
        }
    };
    for one in &mut expected {
        without_name(&mut one.assignee);
        if let What::Assignee { before } = &mut one.what {
            without_name(before);
        }
    }
    let rows = history(store).await;
    let found: Vec<_> = rows.into_iter().map(|row| row.observation).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_look_that_comes_late_leaves_a_gap() {
    let house = House::new().await;
    let store = &house.store;
    look(store, "mb_1", open_look(HOUR), 10).await;
    // Before the history begins there is nothing to miss.
    look(store, "mb_1", open_look(4 * HOUR), 3 * HOUR).await;
    look(store, "mb_1", LookOf::Closed, 3 * HOUR).await;
    look(store, "mb_1", open_look(5 * HOUR), 4 * HOUR).await;
    look(store, "mb_2", open_look(5 * HOUR), 4 * HOUR).await;
    assert_eq!(store.history_gaps(1, 0).await.unwrap(), []);
    // Only closed ones were looked at: that is no look at the others.
    look(store, "mb_1", LookOf::Closed, 8 * HOUR).await;
    look(store, "mb_1", open_look(10 * HOUR), 9 * HOUR).await;
    let gap = HistoryGap {
        mailbox: "mb_1".into(),
        from: 4 * HOUR,
        until: 9 * HOUR,
    };
    assert_eq!(store.history_gaps(1, 0).await.unwrap(), [gap]);
    assert_eq!(store.history_gaps(1, 9 * HOUR).await.unwrap(), []);
    assert_eq!(store.history_gaps(2, 0).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_still_to_be_looked_after_happened_after_an_earlier_look() {
    let house = House::new().await;
    let store = &house.store;
    let ground = [conversation("c1", 5)];
    store
        .save_conversations(1, &ground, Source::Sweep)
        .await
        .unwrap();
    begin(store).await;
    let unsettled = LookOf::Open {
        settled: false,
        expected_by: i64::MAX,
    };
    look(store, "mb_1", unsettled, 50).await;
    store
        .save_conversations(1, &[closed("c1", 60)], Source::Sweep)
        .await
        .unwrap();
    assert_eq!(history(store).await[0].seen_after, 10);
}

#[tokio::test]
async fn old_history_is_forgotten_and_then_begins_later() {
    let house = House::new().await;
    let store = &house.store;
    begin(store).await;
    let rows = [
        conversation("old", 100),
        conversation("kept", 300),
        conversation("new", 400),
    ];
    for row in rows {
        store
            .save_conversations(1, &[row], Source::Sweep)
            .await
            .unwrap();
    }
    look(store, "mb_1", open_look(60), 50).await;
    look(store, "mb_1", open_look(i64::MAX), 200).await;
    look(store, "mb_2", open_look(i64::MAX), 350).await;
    look(store, "mb_2", LookOf::Closed, 350).await;
    assert_eq!(store.forget_history(300).await.unwrap(), 1);
    assert_eq!(store.forget_history(300).await.unwrap(), 0);
    let flows = store.flows(1, 0, 1_000, 0).await.unwrap();
    let left: Vec<_> = flows
        .iter()
        .map(|flow| flow.conversation.as_str())
        .collect();
    assert_eq!(left, ["kept", "new"]);
    assert_eq!(
        store.flows(1, 0, 1_000, flows[0].id).await.unwrap(),
        flows[1..]
    );
    assert_eq!(store.flows(1, 300, 400, 0).await.unwrap(), flows[..1]);
    let marks = store.history_marks(1).await.unwrap();
    let begins: Vec<_> = marks.iter().map(|mark| mark.begins_at).collect();
    assert_eq!(begins, [Some(300), Some(355)]);
    assert_eq!(store.history_gaps(1, 0).await.unwrap(), []);
    // The mirror is not touched by it.
    assert_eq!(store.load_mirror(1).await.unwrap().conversations.len(), 3);
}
