//! Processes end at any moment, and Hiver says the same again and again: each rule still acts once on each occurrence.

use std::time::Duration;

use engine::Clock;
use hiver_sim::{ConversationChange, Status};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use routing::model::{Actions, When};

use super::support::{create, deliver, note, quiet, rule, save};
use crate::support::{House, user};

const ROUNDS: usize = 6;

/// What happens to one conversation.
async fn something(
    house: &House,
    engine: &engine::Engine,
    random: &mut StdRng,
    ids: &mut Vec<String>,
) {
    let salt = random.random::<u32>() as usize;
    let event = if ids.is_empty() || random.random_bool(0.5) {
        ids.push(create(house, &format!("Number {salt}")));
        deliver(engine, "conversation.created", ids.last().unwrap(), salt).await;
        return;
    } else {
        "conversation.status_changed"
    };
    let id = ids[random.random_range(0..ids.len())].clone();
    let change = ConversationChange {
        status: Some(if random.random_bool(0.5) {
            Status::Closed
        } else {
            Status::Pending
        }),
        ..Default::default()
    };
    house.sim().change_conversation(&id, change).unwrap();
    for _ in 0..random.random_range(1..3) {
        deliver(engine, event, &id, salt).await;
    }
}

/// Every note that a rule asked for is there once for each act of the rule, and the acts are those of the history.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_rule_acts_once_on_each_occurrence_whatever_is_cut_off() {
    for seed in 0..4 {
        let mut random = StdRng::seed_from_u64(seed);
        let house = House::new(30).await;
        let mut doomed = house.doomed(Clock::system()).await;
        let closing = rule("closed", When::Closed, note("closed"));
        let created = rule(
            "created",
            When::Created,
            Actions {
                note: Some("created".to_owned()),
                ..super::support::assign(user(&house, 1))
            },
        );
        let changed = rule("changed", When::AnyChange, note("changed"));
        save(&doomed.engine, vec![closing, created, changed]).await;
        let mut ids = Vec::new();
        for _ in 0..ROUNDS {
            for _ in 0..random.random_range(1..5) {
                something(&house, &doomed.engine, &mut random, &mut ids).await;
            }
            // Anywhere between the delivery and the last write.
            let requests = random.random_range(0..12);
            let before = house.sim().ledger().requests.len();
            let until = async {
                while house.sim().ledger().requests.len() < before + requests {
                    tokio::task::yield_now().await;
                }
            };
            let _ = tokio::time::timeout(Duration::from_millis(300), until).await;
            doomed.kill();
            doomed = house.doomed_without_waiting(Clock::system()).await;
        }
        quiet(&doomed.engine).await;
        let store = house.store().await;
        let connection = doomed.engine.rules().await.unwrap().unwrap().connection;
        let acts = store
            .rule_acts(connection, None, None, None, 10_000)
            .await
            .unwrap();
        let history = store.history(connection, 0, 10_000).await.unwrap();
        assert!(!acts.is_empty());
        for id in &ids {
            let of = |rule: &str| {
                let acts = acts.iter();
                acts.filter(|act| act.rule == rule && act.conversation.as_str() == id)
                    .count()
            };
            let happened = |wanted: &dyn Fn(&triage::history::Observation) -> bool| {
                let rows = history.iter();
                rows.filter(|row| row.conversation.as_str() == id && wanted(&row.observation))
                    .count()
            };
            let seen = |one: &triage::history::Observation| {
                matches!(one.what, triage::history::What::Seen { .. })
            };
            let closed = |one: &triage::history::Observation| {
                matches!(one.what, triage::history::What::Status { .. })
                    && one.status == Some(triage::model::Status::Closed)
            };
            assert_eq!(of("created"), happened(&seen), "{id}, seed {seed}");
            assert_eq!(of("closed"), happened(&closed), "{id}, seed {seed}");
            // A note is never sent twice; one whose fate nobody knows waits for a person.
            let notes = house.sim().conversation(id).unwrap().notes;
            let sent = |text: &str| notes.iter().filter(|note| note.body == text).count();
            let uncertain = store
                .changes_of_conversation(connection, &id.as_str().into(), 1_000)
                .await
                .unwrap()
                .into_iter()
                .filter(|(_, change)| change.outcome == triage::outcome::Outcome::Uncertain)
                .count();
            for rule in ["created", "closed", "changed"] {
                assert!(sent(rule) <= of(rule), "{rule} on {id}, seed {seed}");
                assert!(
                    sent(rule) + uncertain >= of(rule),
                    "{rule} on {id}, seed {seed}"
                );
            }
        }
        doomed.kill();
    }
}
