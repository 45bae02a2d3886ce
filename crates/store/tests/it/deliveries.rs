//! What Hiver delivered is kept, counted once, and forgotten in time.

use store::{DeliveryState, NewDelivery};

use crate::support::House;

const NOW: i64 = 1_780_000_000_000;
const WINDOW: i64 = 600_000;

fn delivered(body: &str, conversation: Option<&str>, at: i64) -> NewDelivery {
    NewDelivery {
        received_at: at,
        event: Some("conversation.created".to_owned()),
        conversation: conversation.map(Into::into),
        body: body.as_bytes().to_vec(),
        effect: None,
        even_if_repeated: false,
    }
}

#[tokio::test]
async fn what_is_delivered_waits_until_it_is_settled() {
    let house = House::new().await;
    let store = &house.store;
    let new = vec![
        delivered("one", Some("c1"), NOW),
        delivered("two", Some("c2"), NOW),
        delivered("three", Some("c1"), NOW),
        delivered("ping", None, NOW),
    ];
    let kept = store.keep_deliveries(1, new, WINDOW).await.unwrap();
    let states: Vec<_> = kept.iter().map(|one| one.state).collect();
    use DeliveryState::{Applied, Failed, Waiting};
    assert_eq!(states, [Waiting, Waiting, Waiting, Applied]);
    let again = house.again().await;
    assert_eq!(
        again.delivered_conversations(1, 10).await.unwrap(),
        [("c1".into(), kept[2].id), ("c2".into(), kept[1].id)]
    );
    assert!(
        again
            .delivered_conversations(2, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let later = store
        .keep_deliveries(1, vec![delivered("four", Some("c1"), NOW)], WINDOW)
        .await
        .unwrap();
    let settled = store
        .settle_deliveries(1, &"c1".into(), kept[2].id, Applied, "looked", NOW + 1)
        .await
        .unwrap();
    assert_eq!(settled, 2, "the one that came later still waits");
    store
        .settle_deliveries(1, &"c2".into(), kept[1].id, Failed, "could not", NOW + 1)
        .await
        .unwrap();
    assert_eq!(
        store.delivered_conversations(1, 10).await.unwrap(),
        [("c1".into(), later[0].id)]
    );
    assert!(store.replay_delivery(1, kept[1].id).await.unwrap());
    assert!(!store.replay_delivery(2, kept[1].id).await.unwrap());
    assert!(
        !store.replay_delivery(1, kept[3].id).await.unwrap(),
        "a ping names no conversation"
    );
    let (replayed, body) = store.delivery(1, kept[1].id).await.unwrap().unwrap();
    assert_eq!((replayed.state, replayed.effect), (Waiting, None));
    assert_eq!(body, b"two");
}

#[tokio::test]
async fn the_same_within_a_while_is_a_repeat() {
    let house = House::new().await;
    let store = &house.store;
    let keep = async |new| store.keep_deliveries(1, new, WINDOW).await.unwrap();
    let kept = keep(vec![
        delivered("same", Some("c1"), NOW),
        delivered("same", Some("c1"), NOW + 1),
    ])
    .await;
    assert_eq!(kept[1].state, DeliveryState::Repeat);
    let kept_later = keep(vec![
        delivered("same", Some("c1"), NOW + WINDOW),
        NewDelivery {
            even_if_repeated: true,
            ..delivered("same", Some("c1"), NOW + WINDOW)
        },
        delivered("same", Some("c1"), NOW + WINDOW + 1),
    ])
    .await;
    assert_eq!(kept_later[0].state, DeliveryState::Repeat);
    assert_eq!(kept_later[1].state, DeliveryState::Waiting);
    assert_eq!(
        kept_later[2].state,
        DeliveryState::Waiting,
        "the window is over"
    );
    let (repeat, body) = store.delivery(1, kept[1].id).await.unwrap().unwrap();
    assert_eq!(repeat.repeat_of, Some(kept[0].id));
    assert_eq!(body, b"same", "that of the first");
    let elsewhere = store
        .keep_deliveries(2, vec![delivered("same", Some("c1"), NOW)], WINDOW)
        .await
        .unwrap();
    assert_eq!(elsewhere[0].state, DeliveryState::Waiting);
    assert_eq!(store.delivery_count(1).await.unwrap(), 5);
}

#[tokio::test]
async fn any_bytes_are_kept_as_they_came() {
    let house = House::new().await;
    let mut bytes = vec![0xFF, 0, 0xC3, b'{'];
    bytes.resize(1024 * 1024, b'[');
    let new = NewDelivery {
        body: bytes.clone(),
        event: None,
        ..delivered("", None, NOW)
    };
    let kept = house
        .store
        .keep_deliveries(1, vec![new], WINDOW)
        .await
        .unwrap();
    let (_, body) = house.store.delivery(1, kept[0].id).await.unwrap().unwrap();
    assert!(body == bytes);
    assert!(house.store.delivery(2, kept[0].id).await.unwrap().is_none());
}

#[tokio::test]
async fn old_ones_and_too_many_are_forgotten_but_none_that_waits() {
    let house = House::new().await;
    let store = &house.store;
    let new = (0..20)
        .map(|number| {
            let conversation = (number == 3).then_some("c3");
            delivered(&number.to_string(), conversation, NOW + number)
        })
        .collect();
    let kept = store.keep_deliveries(1, new, WINDOW).await.unwrap();
    let ids = async || -> Vec<i64> {
        let left = store.deliveries(1, None, 100).await.unwrap();
        left.into_iter().map(|one| one.id).collect()
    };
    assert_eq!(
        store
            .forget_deliveries(NOW + 2, 100, 1_000_000)
            .await
            .unwrap(),
        2
    );
    assert_eq!(ids().await.len(), 18);
    assert_eq!(store.forget_deliveries(0, 10, 1_000_000).await.unwrap(), 7);
    assert_eq!(ids().await.len(), 11);
    assert!(ids().await.contains(&kept[3].id));
    // Bodies of two bytes each: the newest seven, and the one that waits.
    assert_eq!(store.forget_deliveries(0, 100, 14).await.unwrap(), 3);
    assert_eq!(ids().await.len(), 8);
    let page = store.deliveries(1, Some(kept[15].id), 2).await.unwrap();
    let page: Vec<_> = page.into_iter().map(|one| one.id).collect();
    assert_eq!(page, [kept[14].id, kept[13].id]);
    // No number is given twice, however long nothing comes.
    let last = kept[19].id;
    store
        .forget_deliveries(i64::MAX, 100, 1_000_000)
        .await
        .unwrap();
    assert_eq!(ids().await, [last, kept[3].id]);
    let next = store.keep_deliveries(1, vec![delivered("next", None, NOW)], WINDOW);
    assert_eq!(next.await.unwrap()[0].id, last + 1);
}
