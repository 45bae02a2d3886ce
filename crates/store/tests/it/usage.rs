//! The day's count is a rolling one.

use crate::support::House;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

#[tokio::test]
async fn requests_of_the_last_24_hours_are_counted() {
    let house = House::new().await;
    let store = &house.store;
    let now = 1_780_000_000_000;
    store.count_requests(1, "bulk", now, 3).await.unwrap();
    store.count_requests(1, "bulk", now, 4).await.unwrap();
    store
        .count_requests(1, "sync", now - DAY + 2 * MINUTE, 10)
        .await
        .unwrap();
    store
        .count_requests(1, "sync", now - DAY - MINUTE, 100)
        .await
        .unwrap();
    store.count_requests(2, "sync", now, 1_000).await.unwrap();
    assert_eq!(store.requests_of_day(1, now).await.unwrap(), 17);
    assert_eq!(
        store.requests_of_day(1, now + 3 * MINUTE).await.unwrap(),
        7,
        "ten are a day old now"
    );
    assert_eq!(
        store.requests_of_day(1, now + DAY + MINUTE).await.unwrap(),
        0
    );
    assert_eq!(
        house.again().await.requests_of_day(2, now).await.unwrap(),
        1_000
    );
    assert_eq!(store.requests_of_day(3, now).await.unwrap(), 0);
}
