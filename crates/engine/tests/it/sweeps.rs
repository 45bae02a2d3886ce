//! Reading again: what colleagues did turns up, and nothing is asked for that need not be.

use engine::RefreshError;
use hiver_sim::{ConversationChange, NewConversation, Status, WireOptions};

use crate::support::{House, assert_mirror_is_true, mirrored, real, refresh, truth};

#[tokio::test]
async fn what_colleagues_did_turns_up() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let state = house.sim().state();
    let open: Vec<_> = state
        .conversations
        .iter()
        .filter(|one| one.status == Status::Open)
        .collect();
    let change = |id: &str, change| drop(house.sim().change_conversation(id, change).unwrap());
    change(
        &open[0].id,
        ConversationChange {
            status: Some(Status::Closed),
            ..Default::default()
        },
    );
    change(
        &open[1].id,
        ConversationChange {
            status: Some(Status::Pending),
            ..Default::default()
        },
    );
    change(
        &open[2].id,
        ConversationChange {
            assignee: Some(None),
            ..Default::default()
        },
    );
    change(
        &open[3].id,
        ConversationChange {
            tags: Some(vec!["vip".to_owned()]),
            ..Default::default()
        },
    );
    change(
        &open[4].id,
        ConversationChange {
            subject: Some(None),
            ..Default::default()
        },
    );
    let elsewhere = state
        .mailboxes
        .iter()
        .find(|one| one.id != open[5].mailbox_id)
        .unwrap()
        .id
        .clone();
    change(
        &open[5].id,
        ConversationChange {
            mailbox_id: Some(elsewhere),
            ..Default::default()
        },
    );
    house
        .sim()
        .create_conversation(NewConversation::new("Support", "Brand new"))
        .unwrap();
    refresh(&engine).await;
    assert_mirror_is_true(&engine, &house);
    let single = house
        .sim()
        .ledger()
        .requests
        .into_iter()
        .filter(|one| one.path.contains("/conversations/cnv"))
        .count();
    assert_eq!(
        single, 1,
        "only the closed one had to be looked up: the others turned up in other lists"
    );
}

#[tokio::test]
async fn a_status_that_hiver_does_not_say_is_unknown_once_the_conversation_left_its_list() {
    let house = House::new(100).await;
    house.sim().set_wire(WireOptions {
        sparse: true,
        ..WireOptions::default()
    });
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let closed = ConversationChange {
        status: Some(Status::Closed),
        ..Default::default()
    };
    house
        .sim()
        .change_conversation(open[0].as_str(), closed)
        .unwrap();
    refresh(&engine).await;
    assert_eq!(engine.mirror().conversation(&open[0]).unwrap().status, None);
    assert!(!House::ids(&engine, "status:open").contains(&open[0]));
    assert_eq!(House::ids(&engine, "status:open").len(), open.len() - 1);
}

#[tokio::test]
async fn tags_that_are_no_longer_sent_are_no_longer_known() {
    let house = House::new(30).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    assert!(
        engine
            .mirror()
            .conversation(&open[0])
            .unwrap()
            .tags
            .is_some()
    );
    house.sim().set_wire(WireOptions {
        sparse: true,
        ..WireOptions::default()
    });
    refresh(&engine).await;
    assert_eq!(engine.mirror().conversation(&open[0]).unwrap().tags, None);
}

#[tokio::test]
async fn one_conversation_is_read_again_ahead_of_everything() {
    let house = House::new(30).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let pending = ConversationChange {
        status: Some(Status::Pending),
        ..Default::default()
    };
    let now = house
        .sim()
        .change_conversation(open[0].as_str(), pending)
        .unwrap();
    engine.refresh_conversation(&open[0]).await.unwrap();
    let mirrored = engine.mirror().conversation(&open[0]).unwrap();
    assert_eq!(crate::support::seen(&mirrored), truth(&now));
    assert_eq!(house.sim().ledger().requests.len(), 1);

    engine
        .refresh_conversation(&"cnv_gone".into())
        .await
        .unwrap();
    house.sim().set_key_active(false);
    let refused = engine.refresh_conversation(&open[0]).await;
    assert!(
        matches!(refused, Err(RefreshError::Hiver(text)) if text.contains("not been activated"))
    );
}

#[tokio::test]
async fn a_restart_reads_nothing_that_was_just_read() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    engine.stop(std::time::Duration::from_secs(5)).await;
    let again = house.engine().await;
    crate::support::eventually(&again, "it has looked", || async {
        house.sim().ledger().requests.len() >= 3 && again.status().await.unwrap().sync.is_none()
    })
    .await;
    let asked: Vec<String> = house
        .sim()
        .ledger()
        .requests
        .into_iter()
        .map(|one| one.path)
        .collect();
    assert_eq!(
        asked,
        ["/api/v1/mailboxes", "/api/v1/users", "/api/v1/tags"]
    );
}

#[tokio::test]
async fn lists_that_repeat_rows_shift_and_name_one_twice_end_in_the_truth() {
    for sparse in [false, true] {
        let house = House::new(900).await;
        house.sim().set_wire(WireOptions {
            untidy: true,
            sparse,
            ..WireOptions::default()
        });
        house.sim().hold();
        let engine = house.engine().await;
        // While it is read page by page, conversations leave the pages that were read: later ones shift.
        let open = house.sim().state().conversations;
        let mut open = open.into_iter().filter(|one| one.status == Status::Open);
        let mut moved = Vec::new();
        for _ in 0..12 {
            house.sim().until_waiting(1).await;
            let arrived = house.sim().ledger().last;
            house.sim().release();
            house.sim().until_answered(arrived).await;
            house.sim().hold();
            let next = open.next().unwrap();
            let pending = ConversationChange {
                status: Some(Status::Pending),
                ..Default::default()
            };
            house.sim().change_conversation(&next.id, pending).unwrap();
            moved.push(next.id);
        }
        house.sim().release();
        crate::support::until_synced(&engine).await;
        refresh(&engine).await;
        let (mirrored, real) = (mirrored(&engine), real(&house.sim().state()));
        assert_eq!(mirrored.len(), real.len());
        for (id, real) in real {
            let mirrored = &mirrored[&id];
            assert_eq!(
                (&mirrored.status, &mirrored.assignee, &mirrored.subject),
                (&real.status, &real.assignee, &real.subject),
                "{id}, sparse {sparse}"
            );
        }
    }
}
