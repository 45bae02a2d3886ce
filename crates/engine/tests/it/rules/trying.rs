//! Rules that are tried and explained: as they would act, and without a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{
    Backtest, BacktestError, BacktestId, BacktestState, Engine, RuleSource, Shown, Standing, Trial,
};
use routing::model::{
    Actions, Assign, Condition, Mode, Repeat, Rule, RuleSet, Share, ShareBy, ShareMember,
    TextCondition, When,
};
use routing::moment::Occasion;
use triage::actions::Change;
use triage::model::ConversationId;

use super::support::{add_tag, assign, note, rule, save};
use crate::support::{House, eventually, finished, matching, real, tag, truth, user};

fn trial(set: &RuleSet, filter: &str) -> Trial {
    Trial {
        operator: "ana".to_owned(),
        source: RuleSource::Draft,
        set: Arc::new(set.clone()),
        filter: filter.to_owned(),
        as_if_new: false,
    }
}

async fn done(engine: &Engine, id: BacktestId) -> Arc<Backtest> {
    eventually(engine, "the backtest is done", || async {
        let state = engine.backtest("ana", id).unwrap().state;
        !matches!(state, BacktestState::Running { .. })
    })
    .await;
    match engine.backtest("ana", id).unwrap().state {
        BacktestState::Done(result) => result,
        other => panic!("the backtest is {other:?}"),
    }
}

async fn tried(engine: &Engine, trial: Trial) -> Arc<Backtest> {
    let id = engine.start_backtest(trial).await.unwrap();
    done(engine, id).await
}

fn subject(word: &str) -> Condition {
    Condition::Text(TextCondition::subject_contains([word]))
}

/// Rules of every kind: one that stops, a shadow, one that shares out, one that undoes part of another.
fn rules(house: &House) -> RuleSet {
    let user = |number| user(house, number);
    let share = Assign::Share(Share {
        by: ShareBy::RoundRobin,
        among: [1, 2, 3]
            .map(|number| ShareMember {
                user: user(number),
                cap: None,
            })
            .to_vec(),
    });
    RuleSet::of(vec![
        Rule {
            stop: true,
            conditions: subject("card"),
            ..rule("cards", When::Created, {
                Actions {
                    note: Some("{{rule}}: found \"{{matched}}\".".to_owned()),
                    ..assign(user(0))
                }
            })
        },
        Rule {
            mode: Mode::Shadow,
            ..rule("shadow", When::Sweep, note("never sent"))
        },
        rule("late", When::OnDemand, add_tag(tag(house, "vip"))),
        Rule {
            repeat: Repeat::Once,
            ..rule("share", When::Created, {
                Actions {
                    assign: Some(share),
                    ..Actions::default()
                }
            })
        },
    ])
}

/// All that would be sent, by conversation.
fn listed(result: &Backtest) -> BTreeMap<ConversationId, Vec<Change>> {
    let list = result.list(Shown::ActedOn, None, 0, usize::MAX);
    assert_eq!(list.total, list.entries.len());
    let changes = |entry: &engine::BacktestEntry| {
        let changes = entry.tried.changes.iter();
        changes.map(|(_, change)| change.clone()).collect()
    };
    list.entries
        .into_iter()
        .map(|entry| (entry.before.id.clone(), changes(entry)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_the_same_rules_leaves_what_the_backtest_said() {
    let house = House::new(240).await;
    let engine = house.synced().await;
    let set = rules(&house);
    let result = tried(&engine, trial(&set, "status:open")).await;
    assert!(
        house.sim().ledger().requests.is_empty(),
        "a backtest asks Hiver nothing"
    );
    assert_eq!(result.against, None, "there are no rules yet");
    let open = House::ids(&engine, "status:open").len();
    assert_eq!(result.counts.looked_at, open);
    assert_eq!(result.counts.differ, 0);
    let said = listed(&result);
    assert_eq!(said.len(), result.counts.acted_on);
    let shadow = &result.rules[1];
    assert_eq!(
        (shadow.rule.as_str(), shadow.mode),
        ("shadow", Mode::Shadow)
    );
    assert!(shadow.acts > 0);
    assert!(result.rules[0].stopped > 0);
    assert_eq!(result.rules[0].stopped, result.rules[0].matched);

    let mut expected = real(&house.sim().state());
    for (id, changes) in &said {
        let one = expected.get_mut(id.as_str()).unwrap();
        for change in changes {
            match change {
                Change::Assign(user) => one.assignee = Some(user.to_string()),
                Change::AddTag(tag) => {
                    let tags = one.tags.as_mut().unwrap();
                    tags.push(tag.to_string());
                    tags.sort();
                }
                Change::RemoveTag(_) | Change::SetStatus(_) | Change::AddNote(_) => {}
            }
        }
    }
    let run = engine
        .plan_rules(
            "ana".to_owned(),
            &set,
            "Rules".to_owned(),
            matching("status:open"),
            None,
        )
        .await
        .unwrap();
    assert!(house.writes().is_empty());
    assert!(engine.confirm(run).await.unwrap());
    finished(&engine, run).await;
    assert_eq!(house.writes().len(), result.counts.requests());
    let state = house.sim().state();
    assert_eq!(real(&state), expected);
    for one in &state.conversations {
        let notes: Vec<_> = said
            .get(&ConversationId::from(one.id.as_str()))
            .into_iter()
            .flatten()
            .filter_map(|change| match change {
                Change::AddNote(note) => Some(note.clone()),
                _ => None,
            })
            .collect();
        let left: Vec<_> = one.notes.iter().map(|note| note.body.clone()).collect();
        assert_eq!(left, notes, "{:?}", truth(one));
    }
    let nobodys = |result: &Backtest| {
        let states = result.end_states.iter();
        states
            .filter(|state| state.standing == Standing::Nobodys)
            .map(|state| state.tried)
            .sum::<usize>()
    };
    let now = state
        .conversations
        .iter()
        .filter(|one| one.status.name() == "open" && one.assignee.is_none());
    assert_eq!(nobodys(&result), now.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn edited_rules_are_compared_with_those_in_force() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let live = rules(&house);
    let number = save(&engine, live.rules.clone()).await;

    let same = tried(&engine, trial(&live, "")).await;
    assert_eq!((same.against, same.counts.differ), (Some(number), 0));
    assert!(same.counts.acted_on > 0);
    assert_eq!(same.counts.acted_on, same.counts.acted_on_in_force);
    assert_eq!(same.counts.requests(), same.counts.requests_in_force);
    assert_eq!(same.list(Shown::Differing, None, 0, 10).total, 0);

    // The first rule gives its conversations to somebody else, and the one that shares out is gone.
    let mut edited = live.clone();
    edited.rules.pop();
    edited.rules[0].actions.assign = Some(Assign::User(user(&house, 5)));
    let result = tried(&engine, trial(&edited, "")).await;
    let gone = result.rules.last().unwrap();
    assert_eq!((gone.rule.as_str(), gone.is_gone), ("share", true));
    let all = result.list(Shown::Differing, None, 0, usize::MAX);
    assert_eq!(all.total, result.counts.differ);
    assert!(all.entries.iter().all(|entry| entry.differs));
    let by = |rule: &str| {
        let rule = rule.into();
        result
            .list(Shown::Differing, Some(&rule), 0, usize::MAX)
            .total
    };
    assert_eq!(by("share"), gone.differ);
    assert!(by("share") > 0 && by("cards") > 0 && by("none") == 0);
    let page = result.list(Shown::Differing, None, 1, 7);
    let ids = |entries: &[&engine::BacktestEntry]| -> Vec<ConversationId> {
        entries
            .iter()
            .map(|entry| entry.before.id.clone())
            .collect()
    };
    assert_eq!(ids(&page.entries), ids(&all.entries[7..14]));

    // What is in force needs no comparison with itself.
    let itself = Trial {
        source: RuleSource::Version(number),
        ..trial(&live, "")
    };
    let itself = tried(&engine, itself).await;
    assert_eq!((itself.against, itself.counts.differ), (None, 0));
    assert_eq!(listed(&itself), listed(&same));
    assert!(house.sim().ledger().requests.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_says_what_a_backtest_does() {
    let house = House::new(120).await;
    let engine = house.synced().await;
    let mut set = rules(&house);
    // Whose turn it is depends on all that came before.
    set.rules.pop();
    let result = tried(&engine, trial(&set, "")).await;
    let said = listed(&result);
    let set = Arc::new(set);
    for id in House::ids(&engine, "") {
        let explained = engine.explain(&set, &id, Occasion::Any).unwrap().unwrap();
        let changes = explained.changes.into_iter().map(|(_, change)| change);
        let changes: Vec<_> = changes.collect();
        assert_eq!(changes, said.get(&id).cloned().unwrap_or_default(), "{id}");
        assert_eq!(explained.explanation.rules.len(), 3);
    }
    let nobody = engine.explain(&set, &"none".into(), Occasion::Any);
    assert!(nobody.unwrap().is_none());
    assert!(house.sim().ledger().requests.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tried_is_refused_and_what_is_not_wanted_is_stopped() {
    let house = House::new(30).await;
    let engine = house.synced().await;
    let set = rules(&house);
    let filter = engine.start_backtest(trial(&set, "status:opne")).await;
    assert!(matches!(filter, Err(BacktestError::Filter(_))));
    let mut twice = set.clone();
    twice.rules.push(set.rules[0].clone());
    let twice = engine.start_backtest(trial(&twice, "")).await;
    assert!(matches!(twice, Err(BacktestError::Problems(_))));

    let id = engine.start_backtest(trial(&set, "")).await.unwrap();
    assert!(
        engine.backtest("ben", id).is_none(),
        "it is somebody else's"
    );
    assert!(!engine.cancel_backtest("ben", id));
    // It may be done by now; whichever it is, it stays so.
    let cancelled = engine.cancel_backtest("ana", id);
    eventually(&engine, "it is over", || async {
        let state = engine.backtest("ana", id).unwrap().state;
        !matches!(state, BacktestState::Running { .. })
    })
    .await;
    let state = engine.backtest("ana", id).unwrap().state;
    assert_eq!(matches!(state, BacktestState::Cancelled), cancelled);
    assert_eq!(engine.backtests("ana").len(), 1);
}
