//! What keeps rules from doing harm, and what survives the end of a process.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use engine::{Clock, RuleTally};
use routing::model::{Actions, Assign, Mode, Schedule, Share, ShareBy, ShareMember, When};
use routing::model::{Condition, Rule, RuleSet};

use store::ActMode;

use super::support::{add_tag, create, deliver, note, quiet, rule, runs_of_rules, save};
use crate::support::{House, eventually, finished, ids, refresh, start, tag, until_synced, user};

#[tokio::test]
async fn at_its_ceiling_a_rule_becomes_a_shadow_and_that_is_said() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    engine.set_rule_ceiling(3).await.unwrap();
    let other = rule("other", When::Created, add_tag(tag(&house, "billing")));
    save(
        &engine,
        vec![rule("noting", When::Created, note("New.")), other],
    )
    .await;
    let created: Vec<String> = (0..3)
        .map(|number| create(&house, &format!("Number {number}")))
        .collect();
    for (salt, id) in created.iter().enumerate() {
        deliver(&engine, "conversation.created", id, salt).await;
    }
    quiet(&engine).await;
    assert!(engine.rule_notices().await.unwrap().is_empty());
    engine.set_rule_ceiling(4).await.unwrap();
    for salt in 3..8 {
        let id = create(&house, &format!("Number {salt}"));
        deliver(&engine, "conversation.created", &id, salt).await;
    }
    quiet(&engine).await;
    let live = engine.rules().await.unwrap().unwrap();
    let modes: Vec<Mode> = live.set.rules.iter().map(|rule| rule.mode).collect();
    assert_eq!(modes, [Mode::Shadow, Mode::Shadow]);
    let version = live.version.clone().unwrap();
    assert_eq!(version.author, "the console");
    assert!(version.note.contains("more than 4 conversations"));
    let notices = engine.rule_notices().await.unwrap();
    assert_eq!(notices.len(), 2);
    assert!(notices.iter().any(|notice| notice.rule == "noting"
        && notice.text
            == "“The rule noting” was put into shadow: it was about to act on more than 4 conversations within an hour."));
    let notes = house
        .writes()
        .into_iter()
        .filter(|write| write.path.ends_with("/notes"));
    assert_eq!(notes.count(), 4);
    let stats = engine.rule_stats(1).await.unwrap();
    let stats = &stats[&"noting".into()];
    let RuleTally {
        matched,
        acted,
        ceiling,
        shadow,
        ..
    } = stats.total;
    assert_eq!((matched, acted, ceiling + shadow), (8, 4, 4));
    assert!(ceiling > 0, "what it was kept from is counted");
    // As a shadow it goes on deciding.
    let id = create(&house, "One more");
    deliver(&engine, "conversation.created", &id, 99).await;
    quiet(&engine).await;
    assert!(
        !engine
            .would_have_done(&"noting".into())
            .await
            .unwrap()
            .is_empty()
    );
    assert!(house.sim().conversation(&id).unwrap().notes.is_empty());
    let [first, _] = notices.as_slice() else {
        panic!()
    };
    assert!(engine.dismiss_rule_notice(first.id, "ana").await.unwrap());
    assert!(!engine.dismiss_rule_notice(first.id, "ana").await.unwrap());
    assert_eq!(engine.rule_notices().await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_what_a_shadow_would_have_done_the_latest_is_kept() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let shadow = Rule {
        mode: Mode::Shadow,
        ..rule("watching", When::Sweep, note("Never sent."))
    };
    save(&engine, vec![shadow]).await;
    let decided = async || {
        let stats = engine.rule_stats(1).await.unwrap();
        stats
            .get(&"watching".into())
            .map_or(0, |stats| stats.total.shadow)
    };
    for sweeps in 1..=3 {
        refresh(&engine).await;
        eventually(&engine, "the rule has looked at all of them", || async {
            decided().await == 60 * sweeps
        })
        .await;
    }
    let kept = engine
        .rule_acts(None, None, Some(ActMode::Shadow), 1_000)
        .await
        .unwrap();
    assert_eq!(kept.len(), 60);
}

#[tokio::test]
async fn a_rule_that_names_what_is_gone_becomes_a_shadow() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let naming = rule("naming", When::Created, add_tag("tag_gone".into()));
    let fine = rule("fine", When::Created, add_tag(tag(&house, "billing")));
    save(&engine, vec![naming, fine]).await;
    refresh(&engine).await;
    eventually(&engine, "a notice", || async {
        !engine.rule_notices().await.unwrap().is_empty()
    })
    .await;
    let live = engine.rules().await.unwrap().unwrap();
    let modes: Vec<Mode> = live.set.rules.iter().map(|rule| rule.mode).collect();
    assert_eq!(modes, [Mode::Shadow, Mode::On]);
    let notices = engine.rule_notices().await.unwrap();
    assert_eq!(notices.len(), 1);
    assert!(notices[0].text.contains("the tag `tag_gone`"));
}

/// The machine's clock, and what a test adds to it.
fn clock() -> (Clock, Arc<AtomicI64>) {
    let ahead = Arc::new(AtomicI64::new(0));
    let (system, added) = (Clock::system(), Arc::clone(&ahead));
    (
        Clock::from_fn(move || system.now() + added.load(Ordering::SeqCst)),
        ahead,
    )
}

#[tokio::test]
async fn a_schedule_that_was_missed_is_made_up_for_once() {
    let house = House::new(60).await;
    let (time, ahead) = clock();
    let engine = start(&house.database(), house.config(), time.clone()).await;
    until_synced(&engine).await;
    let open = House::ids(&engine, "status:open");
    let daily = Rule {
        conditions: Condition::Status(vec![triage::model::Status::Open]),
        ..rule(
            "daily",
            When::Schedule(Schedule {
                weekdays: Vec::new(),
                at: "08:00".parse().unwrap(),
            }),
            note("Good morning."),
        )
    };
    save(&engine, vec![daily]).await;
    quiet(&engine).await;
    assert!(house.writes().is_empty());
    engine.stop(Duration::from_secs(5)).await;
    // Three mornings later, two minutes too late.
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let now = time.now();
    let morning = now - now.rem_euclid(DAY) + 3 * DAY + DAY / 3 + 2 * 60 * 1_000;
    ahead.store(morning - now, Ordering::SeqCst);
    for late in [1, 1] {
        let engine = start(&house.database(), house.config(), time.clone()).await;
        until_synced(&engine).await;
        eventually(&engine, "it ran late", || async {
            let stats = engine.rule_stats(7).await.unwrap();
            stats
                .get(&"daily".into())
                .is_some_and(|stats| stats.total.late == late)
        })
        .await;
        quiet(&engine).await;
        assert_eq!(house.writes().len(), open.len());
        assert_eq!(runs_of_rules(&engine).await.len(), 1);
        engine.stop(Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn a_schedule_makes_up_for_nothing_from_before_it_was_saved() {
    let house = House::new(60).await;
    let (time, ahead) = clock();
    let engine = start(&house.database(), house.config(), time).await;
    until_synced(&engine).await;
    let told = rule("told", When::Created, note("New."));
    save(&engine, vec![told.clone()]).await;
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    ahead.store(3 * DAY, Ordering::SeqCst);
    refresh(&engine).await;
    // Whatever the hour is, it was midnight since the rule began.
    let at_midnight = Rule {
        when: vec![
            When::Created,
            When::Schedule(Schedule {
                weekdays: Vec::new(),
                at: "00:00".parse().unwrap(),
            }),
        ],
        ..told
    };
    save(&engine, vec![at_midnight]).await;
    engine.set_time_zone("Pacific/Auckland").await.unwrap();
    // Whoever heard of the second has looked at the clock since the first.
    for number in 1..=2 {
        let id = create(&house, &format!("Number {number}"));
        deliver(&engine, "conversation.created", &id, number).await;
        quiet(&engine).await;
        assert_eq!(house.writes().len(), number);
    }
}

#[tokio::test]
async fn what_is_applied_takes_turns() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let users: Vec<_> = (1..4).map(|number| user(&house, number)).collect();
    let among = users.iter().map(|user| ShareMember {
        user: user.clone(),
        cap: None,
    });
    let share = Share {
        by: ShareBy::RoundRobin,
        among: among.collect(),
    };
    let sharing = rule(
        "sharing",
        When::OnDemand,
        Actions {
            assign: Some(Assign::Share(share)),
            ..Actions::default()
        },
    );
    let set = RuleSet::of(vec![sharing]);
    let open = House::ids(&engine, "status:open is:unassigned");
    for (number, id) in open.iter().take(4).enumerate() {
        let selection = ids(std::slice::from_ref(id));
        let plan = engine.plan_rules("ana".to_owned(), &set, "Shared".to_owned(), selection, None);
        let plan = plan.await.unwrap();
        assert!(engine.confirm(plan).await.unwrap());
        finished(&engine, plan).await;
        let found = house.sim().conversation(id.as_str()).unwrap();
        let expected = users[number % 3].as_str();
        assert_eq!(found.assignee.as_deref(), Some(expected), "{number}");
    }
}

#[tokio::test]
async fn turns_go_on_after_a_restart() {
    let house = House::new(60).await;
    let mut engine = house.synced().await;
    let users: Vec<_> = (1..4).map(|number| user(&house, number)).collect();
    let among = users.iter().map(|user| ShareMember {
        user: user.clone(),
        cap: None,
    });
    let share = Share {
        by: ShareBy::RoundRobin,
        among: among.collect(),
    };
    let sharing = rule(
        "sharing",
        When::Created,
        Actions {
            assign: Some(Assign::Share(share)),
            ..Actions::default()
        },
    );
    save(&engine, vec![sharing]).await;
    for number in 0..7 {
        let id = create(&house, &format!("Number {number}"));
        deliver(&engine, "conversation.created", &id, number).await;
        quiet(&engine).await;
        let expected = users[number % 3].as_str();
        let found = house.sim().conversation(&id).unwrap();
        assert_eq!(found.assignee.as_deref(), Some(expected), "{number}");
        if number % 2 == 1 {
            engine.stop(Duration::from_secs(5)).await;
            engine = house.engine().await;
            until_synced(&engine).await;
        }
    }
}
