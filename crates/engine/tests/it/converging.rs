//! Whatever is told, left out, swept, sent and broken off: in the end the mirror is what Hiver has, and on the way it
//! never shows what neither side had.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use engine::{Clock, Engine};
use hiver_sim::{ConversationChange, ConversationState, Faults, NewConversation, Options, Status};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use store::DeliveryState;
use triage::actions::Actions;
use triage::outcome::RunState;

use crate::support::{Doomed, House, Seen, assert_mirror_is_true, eventually, ids, mirrored, plan};

const CONVERSATIONS: usize = 40;
const MINUTE: i64 = 60_000;
const STATUSES: [Status; 3] = [Status::Open, Status::Pending, Status::Closed];

/// Something that happens. Numbers name conversations, users and so on, each in its own list.
#[derive(Debug, Clone)]
enum Step {
    /// A colleague changes a conversation; Hiver may tell.
    Colleague(usize, ColleagueDoes, Telling),
    /// A new one comes in.
    New(Telling),
    /// An event that is not true, or about nothing.
    Lie(usize, usize),
    Sweep,
    RefreshOne(usize),
    RefreshList(usize),
    Run(usize, usize, usize),
    /// The console is killed and started again.
    Kill,
    /// Hiver answers some requests badly from now on, or none.
    Faults(bool),
    Minutes(i64),
}

#[derive(Debug, Clone)]
enum ColleagueDoes {
    Status(usize),
    Assign(Option<usize>),
    Tags(usize),
    Subject(usize),
    Move(usize),
}

/// What Hiver tells of a change: nothing, that it happened, or that several times and late.
#[derive(Debug, Clone, Copy)]
enum Telling {
    Nothing,
    Once,
    TwiceAndLate,
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..CONVERSATIONS;
    let telling = prop_oneof![
        Just(Telling::Nothing),
        Just(Telling::Once),
        Just(Telling::TwiceAndLate)
    ];
    let does = prop_oneof![
        (0_usize..3).prop_map(ColleagueDoes::Status),
        prop::option::of(0_usize..5).prop_map(ColleagueDoes::Assign),
        (0_usize..8).prop_map(ColleagueDoes::Tags),
        (0_usize..5).prop_map(ColleagueDoes::Subject),
        (0_usize..3).prop_map(ColleagueDoes::Move),
    ];
    prop_oneof![
        6 => (which.clone(), does, telling.clone()).prop_map(|(one, does, telling)| Step::Colleague(one, does, telling)),
        2 => telling.prop_map(Step::New),
        2 => (which.clone(), 0_usize..6).prop_map(|(one, kind)| Step::Lie(one, kind)),
        2 => Just(Step::Sweep),
        1 => which.clone().prop_map(Step::RefreshOne),
        1 => (0_usize..3).prop_map(Step::RefreshList),
        2 => (which, 0_usize..5, 0_usize..3).prop_map(|(one, user, status)| Step::Run(one, user, status)),
        1 => Just(Step::Kill),
        1 => any::<bool>().prop_map(Step::Faults),
        2 => (0_i64..400).prop_map(Step::Minutes),
    ]
}

/// The values that a conversation had or was to get, field by field.
#[derive(Debug, Default)]
struct Had {
    mailboxes: BTreeSet<String>,
    subjects: BTreeSet<Option<String>>,
    statuses: BTreeSet<String>,
    assignees: BTreeSet<Option<String>>,
    tags: BTreeSet<String>,
}

impl Had {
    fn note(&mut self, one: &ConversationState) {
        self.mailboxes.insert(one.mailbox_id.clone());
        self.subjects.insert(one.subject.clone());
        self.statuses.insert(one.status.name().to_owned());
        self.assignees.insert(one.assignee.clone());
        self.tags.extend(one.tags.iter().cloned());
    }

    fn covers(&self, seen: &Seen) -> bool {
        seen.mailbox
            .as_ref()
            .is_some_and(|one| self.mailboxes.contains(one))
            && self.subjects.contains(&seen.subject)
            && seen
                .status
                .as_ref()
                .is_some_and(|one| self.statuses.contains(one))
            && self.assignees.contains(&seen.assignee)
            && seen
                .tags
                .as_ref()
                .is_some_and(|tags| tags.iter().all(|one| self.tags.contains(one)))
    }
}

struct Story {
    house: House,
    now: Arc<AtomicI64>,
    console: Option<Doomed>,
    had: BTreeMap<String, Had>,
    ids: Vec<String>,
    late: Vec<Value>,
}

impl Story {
    async fn begin(seed: u64) -> Self {
        let house = House::with(Options {
            seed,
            ..Options::unlimited(CONVERSATIONS)
        })
        .await;
        let now = Arc::new(AtomicI64::new(1_780_000_000_000));
        let mut story = Self {
            console: None,
            had: BTreeMap::new(),
            ids: Vec::new(),
            late: Vec::new(),
            house,
            now,
        };
        for one in story.house.sim().state().conversations {
            story.ids.push(one.id.clone());
            story.had.entry(one.id.clone()).or_default().note(&one);
        }
        story.console = Some(story.house.doomed(story.clock()).await);
        story
    }

    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.now);
        Clock::from_fn(move || now.load(Ordering::SeqCst))
    }

    fn engine(&self) -> &Engine {
        &self.console.as_ref().unwrap().engine
    }

    fn id(&self, number: usize) -> String {
        self.ids[number % self.ids.len()].clone()
    }

    async fn deliver(&self, body: &Value) {
        let taken = self
            .engine()
            .take_delivery(body.to_string().into_bytes())
            .await;
        taken.unwrap();
    }

    async fn tell(&mut self, event: &str, one: &ConversationState, telling: Telling) {
        let salt = self.now.fetch_add(1, Ordering::SeqCst);
        let body = json!({"event": event, "salt": salt, "data": {"conversation": {"id": one.id, "subject": one.subject}}});
        match telling {
            Telling::Nothing => {}
            Telling::Once => self.deliver(&body).await,
            Telling::TwiceAndLate => {
                self.late.push(body.clone());
                self.late.push(body);
            }
        }
    }

    async fn take(&mut self, step: &Step) {
        let sim = self.house.sim().clone();
        match step {
            Step::Colleague(which, does, telling) => {
                let summary = sim.summary();
                let mut change = ConversationChange::default();
                match does {
                    ColleagueDoes::Status(status) => change.status = Some(STATUSES[*status]),
                    ColleagueDoes::Assign(user) => {
                        change.assignee = Some(user.map(|user| summary.users[user].id.clone()));
                    }
                    ColleagueDoes::Tags(set) => {
                        let tags = summary.tags.iter().take(3).enumerate();
                        let chosen = tags.filter(|(bit, _)| set & (1 << bit) != 0);
                        change.tags = Some(chosen.map(|(_, tag)| tag.id.clone()).collect());
                    }
                    ColleagueDoes::Subject(text) => {
                        change.subject = Some((*text > 0).then(|| format!("Subject {text}")));
                    }
                    ColleagueDoes::Move(mailbox) => {
                        change.mailbox_id = Some(summary.mailboxes[*mailbox].id.clone());
                    }
                }
                let now = sim.change_conversation(&self.id(*which), change).unwrap();
                self.had.entry(now.id.clone()).or_default().note(&now);
                self.tell("conversation.status_changed", &now, *telling)
                    .await;
            }
            Step::New(telling) => {
                let new = NewConversation::new("Support", "Brand new");
                let now = sim.create_conversation(new).unwrap();
                self.ids.push(now.id.clone());
                self.had.entry(now.id.clone()).or_default().note(&now);
                self.tell("conversation.created", &now, *telling).await;
            }
            Step::Lie(which, kind) => {
                let id = self.id(*which);
                let salt = self.now.fetch_add(1, Ordering::SeqCst);
                let body = match kind {
                    0 => json!({"event": "conversation.status_changed", "salt": salt,
                        "data": {"conversation": {"id": id, "subject": "A lie"}, "status": "closed"}}),
                    1 => json!({"event": "conversation.assigned", "salt": salt,
                        "data": {"conversation": {"id": id}, "assignee": {"name": "Nobody you know"}}}),
                    2 => json!({"event": "conversation.created", "salt": salt,
                        "data": {"conversation": {"id": format!("cnv_none{salt}"), "subject": "A lie"}}}),
                    3 => json!({"event": "conversation.created", "salt": salt,
                        "data": {"conversation": {"id": id, "mailbox_id": "mb_nowhere", "subject": "A lie"}}}),
                    4 => json!({"event": "ping"}),
                    _ => json!([salt, {"data": []}]),
                };
                self.deliver(&body).await;
            }
            Step::Sweep => self.engine().refresh(),
            Step::RefreshOne(which) => {
                let id = self.id(*which);
                // It may well fail while Hiver answers badly.
                let _ = self
                    .engine()
                    .refresh_conversation(&id.as_str().into())
                    .await;
            }
            Step::RefreshList(status) => {
                let filter = format!("mailbox:Support status:{}", STATUSES[*status].name());
                let _ = self.engine().refresh_lists(&filter).await;
            }
            Step::Run(which, user, status) => {
                let summary = sim.summary();
                let chosen: Vec<_> = (*which..*which + 4).map(|number| self.id(number)).collect();
                for id in &chosen {
                    let had = self.had.entry(id.clone()).or_default();
                    had.statuses.insert(STATUSES[*status].name().to_owned());
                    had.assignees.insert(Some(summary.users[*user].id.clone()));
                    had.tags.insert(summary.tags[0].id.clone());
                }
                let selection: Vec<_> = chosen.iter().map(|id| id.as_str().into()).collect();
                let actions = Actions {
                    assign: Some(summary.users[*user].id.as_str().into()),
                    add_tags: vec![summary.tags[0].id.as_str().into()],
                    set_status: Some(STATUSES[*status].name().into()),
                    ..Actions::default()
                };
                let known = mirrored(self.engine());
                if chosen.iter().all(|id| known.contains_key(id)) {
                    let run = plan(self.engine(), ids(&selection), actions).await;
                    self.engine().confirm(run).await.unwrap();
                }
            }
            Step::Kill => {
                self.console.take().unwrap().kill();
                let clock = self.clock();
                self.console = Some(self.house.doomed_without_waiting(clock).await);
            }
            Step::Faults(on) => {
                let some = [("500-before", 0.1), ("cut", 0.05), ("500-after", 0.05)];
                sim.set_faults(if *on {
                    Faults::from_names(some).unwrap()
                } else {
                    Faults::none()
                });
            }
            Step::Minutes(minutes) => {
                self.now.fetch_add(minutes * MINUTE, Ordering::SeqCst);
                for late in std::mem::take(&mut self.late) {
                    self.deliver(&late).await;
                }
            }
        }
    }

    fn check(&self, step: &Step) {
        for (id, seen) in mirrored(self.engine()) {
            let had = self.had.get(&id);
            assert!(
                had.is_some_and(|had| had.covers(&seen)),
                "after {step:?} the mirror shows what neither side had: {id} {seen:?}, {had:?}"
            );
        }
    }

    /// Nothing more happens: everything comes to its end.
    async fn end(mut self) {
        self.house.sim().set_faults(Faults::none());
        for late in std::mem::take(&mut self.late) {
            self.deliver(&late).await;
        }
        let engine = self.engine();
        eventually(engine, "all runs are at their end", || async {
            let runs = engine.store().runs(1, 0, 1_000).await.unwrap();
            runs.iter()
                .all(|run| matches!(run.state, RunState::Finished | RunState::Preview))
        })
        .await;
        eventually(
            engine,
            "everything that was delivered is settled",
            || async {
                let (all, _) = engine.deliveries(None, 10_000).await.unwrap();
                all.iter().all(|one| one.state != DeliveryState::Waiting)
            },
        )
        .await;
        // So that closed lists are due, too.
        self.now.fetch_add(25 * 60 * MINUTE, Ordering::SeqCst);
        assert_eq!(engine.refresh_until_read(None).await, None);
        assert_mirror_is_true(engine, &self.house);
        self.console.unwrap().kill();
    }
}

#[test]
fn in_the_end_the_mirror_is_what_hiver_has() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let mut runner = TestRunner::new(Config {
        cases: cases.unwrap_or(12),
        failure_persistence: None,
        max_shrink_iters: 40,
        ..Config::default()
    });
    let stories = (any::<u64>(), prop::collection::vec(step(), 1..50));
    let told = runner.run(&stories, |(seed, steps)| {
        runtime.block_on(async {
            let mut story = Story::begin(seed).await;
            for step in &steps {
                story.take(step).await;
                story.check(step);
            }
            story.end().await;
        });
        Ok(())
    });
    told.unwrap();
}
