//! Who is away, who may have how many, and the time zone that days begin in.

use engine::{Away, Clock, Person};
use jiff::civil::date;
use routing::model::{RuleId, Share, ShareBy, ShareMember};
use routing::moment::Occasion;

use crate::support::{House, start, until_synced};

/// 2026-08-03T22:30:00Z
const EVENING: i64 = 1_785_796_200_000;

#[tokio::test]
async fn who_is_away_or_has_enough_gets_nothing() {
    let house = House::new(200).await;
    let engine = start(
        &house.database(),
        house.config(),
        Clock::from_fn(|| EVENING),
    )
    .await;
    until_synced(&engine).await;
    let people = engine.people();
    assert!(people.iter().all(|one| one.person == Person::default()));
    let most = people.iter().max_by_key(|one| one.open).unwrap();
    let other = people.iter().find(|one| one.user != most.user).unwrap();
    let share = Share {
        by: ShareBy::RoundRobin,
        among: [most, other]
            .map(|one| ShareMember {
                user: one.user.id.clone(),
                cap: None,
            })
            .to_vec(),
    };
    let next = |engine: &engine::Engine| {
        let staff = engine.staff();
        staff.next(&RuleId::from("r"), &share).cloned()
    };
    assert_eq!(next(&engine).as_ref(), Some(&most.user.id));

    let full = Person {
        cap: Some(most.open),
        ..Person::default()
    };
    let changed = [(most.user.id.clone(), full)];
    engine.set_people(&changed).await.unwrap();
    assert_eq!(next(&engine).as_ref(), Some(&other.user.id));
    // In UTC it is still the third; in Berlin the fourth has begun.
    let tomorrow = Person {
        away: Away::Days {
            from: date(2026, 8, 4),
            until: date(2026, 8, 4),
        },
        cap: None,
    };
    let changed = [(other.user.id.clone(), tomorrow)];
    engine.set_people(&changed).await.unwrap();
    assert_eq!(next(&engine).as_ref(), Some(&other.user.id));
    engine.set_time_zone("Europe/Berlin").await.unwrap();
    assert_eq!(next(&engine), None);
    assert_eq!(engine.moment(Occasion::Any).utc_offset_seconds, 7_200);
    let away: Vec<_> = engine.people().into_iter().filter(|one| one.away).collect();
    assert_eq!(away.len(), 1);
    assert_eq!(away[0].user, other.user);

    // All of it survives.
    engine.stop(std::time::Duration::from_secs(4)).await;
    let again = start(
        &house.database(),
        house.config(),
        Clock::from_fn(|| EVENING),
    )
    .await;
    assert_eq!(next(&again), None);
    let present = [(other.user.id.clone(), Person::default())];
    again.set_people(&present).await.unwrap();
    assert_eq!(next(&again).as_ref(), Some(&other.user.id));
}
