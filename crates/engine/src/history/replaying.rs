//! Replaying the history from where it began leads to what the mirror holds, in memory and on disk.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use store::{ConnectionId, HistoryRow, Look, LookOf, Source, Store};
use triage::history::What;
use triage::model::{Assignee, Conversation, ConversationId, MailboxId, RunId, Status, TagId};

use crate::mirror::{Mirror, Sighting};

const CONNECTION: ConnectionId = 1;

/// What can be replayed of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    mailbox: Option<MailboxId>,
    status: Option<Status>,
    assignee: Assignee,
    tags: Option<BTreeSet<TagId>>,
}

fn state(of: &Conversation) -> State {
    State {
        mailbox: of.mailbox.clone(),
        status: of.status.clone(),
        assignee: of.assignee.clone(),
        tags: of.tags.clone().map(BTreeSet::from_iter),
    }
}

type States = BTreeMap<ConversationId, State>;

fn replay(mut states: States, rows: Vec<HistoryRow>) -> States {
    for row in rows {
        let seen = row.observation;
        let id = row.conversation;
        match seen.what {
            What::Gone => {
                states.remove(&id);
                continue;
            }
            What::Seen { tags } => {
                let new = State {
                    mailbox: seen.mailbox,
                    status: seen.status,
                    assignee: seen.assignee,
                    tags: tags.map(BTreeSet::from_iter),
                };
                assert_eq!(states.insert(id, new), None, "seen twice");
                continue;
            }
            _ => {}
        }
        let Some(state) = states.get_mut(&id) else {
            panic!("{id} is not there")
        };
        match seen.what {
            What::TagAdded(tag) => drop(state.tags.as_mut().map(|tags| tags.insert(tag))),
            What::TagRemoved(tag) => drop(state.tags.as_mut().map(|tags| tags.remove(&tag))),
            What::Tags { after, .. } => state.tags = after.map(BTreeSet::from_iter),
            What::MovedIn { .. } => state.mailbox = seen.mailbox,
            _ => {}
        }
        (state.status, state.assignee) = (seen.status, seen.assignee);
    }
    states
}

#[derive(Debug, Clone)]
enum Step {
    Absorb(Vec<Sighting>),
    /// An own write: a status and a tag.
    Apply(u8, Status, TagId),
    Unlist(u8),
    Forget(u8),
    /// Memory is lost and read from the disk.
    Restart,
    /// Memory is lost between the two places where something is written.
    CutOff(Vec<Sighting>),
}

fn id(number: u8) -> ConversationId {
    format!("c{number}").into()
}

fn sighting() -> impl Strategy<Value = Sighting> {
    let status = prop::sample::select(vec![
        None,
        Some(Status::Open),
        Some(Status::Pending),
        Some(Status::Closed),
    ]);
    let user = |id: &str| Assignee::User {
        id: Some(id.into()),
        name: None,
    };
    let assignee = prop::sample::select(vec![
        Assignee::Unknown,
        Assignee::Nobody,
        user("u1"),
        user("u2"),
    ]);
    let tag = prop::sample::select(vec!["t1", "t2"]).prop_map(TagId::from);
    let tags = prop::option::of(prop::collection::vec(tag, 0..3));
    let mailbox = prop::sample::select(vec!["mb_1", "mb_2"]);
    let updated_at = prop::option::of(0_i64..200);
    (0_u8..4, status, assignee, tags, mailbox, updated_at).prop_map(
        |(number, status, assignee, tags, mailbox, updated_at)| Sighting {
            id: id(number),
            mailbox: Some(mailbox.into()),
            subject: None,
            status,
            assignee,
            tags,
            extras: triage::model::Extras::default(),
            created_at: None,
            updated_at,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(Status::KNOWN.to_vec());
    let tag = prop::sample::select(vec!["t1", "t3"]).prop_map(TagId::from);
    let sightings = || prop::collection::vec(sighting(), 0..5);
    prop_oneof![
        4 => sightings().prop_map(Step::Absorb),
        3 => (0_u8..4, status, tag).prop_map(|(number, status, tag)| Step::Apply(number, status, tag)),
        1 => (0_u8..4).prop_map(Step::Unlist),
        1 => (0_u8..4).prop_map(Step::Forget),
        1 => Just(Step::Restart),
        1 => sightings().prop_map(Step::CutOff),
    ]
}

async fn load(store: &Store) -> Mirror {
    let mirror = Mirror::default();
    mirror.load(CONNECTION, store.load_mirror(CONNECTION).await.unwrap());
    mirror
}

fn held(mirror: &Mirror) -> States {
    let rows = &mirror.read().rows;
    rows.values()
        .map(|row| (row.conversation.id.clone(), state(&row.conversation)))
        .collect()
}

async fn carry_out(store: &Store, mirror: &mut Mirror, step: Step, now: i64) {
    let save = async |changed: &[Conversation], source| {
        store
            .save_conversations(CONNECTION, changed, source)
            .await
            .unwrap();
    };
    match step {
        Step::Absorb(sightings) => {
            let changed = mirror.absorb(CONNECTION, sightings, now, now);
            save(&changed, Source::Sweep).await;
        }
        Step::Apply(number, status, tag) => {
            let changed = mirror.apply(CONNECTION, &id(number), now, |one| {
                one.status = Some(status);
                one.tags.get_or_insert_default().push(tag);
            });
            save(changed.as_slice(), Source::Run(RunId(1))).await;
        }
        Step::Unlist(number) => {
            let unlisted = mirror.unlist(CONNECTION, &id(number), &Status::Open, now, now);
            save(unlisted.as_slice(), Source::Sweep).await;
        }
        Step::Forget(number) => {
            let gone = [id(number)];
            store
                .forget_conversations(CONNECTION, &gone, Source::LookedUp, now)
                .await
                .unwrap();
            mirror.forget(CONNECTION, &gone);
        }
        Step::Restart => *mirror = load(store).await,
        Step::CutOff(sightings) => {
            mirror.absorb(CONNECTION, sightings, now, now);
            *mirror = load(store).await;
        }
    }
}

async fn begin(store: &Store, now: i64) {
    let open = LookOf::Open {
        settled: true,
        expected_by: i64::MAX,
    };
    for mailbox in ["mb_1", "mb_2"] {
        for of in [open, LookOf::Closed] {
            let look = Look {
                began: now,
                ended: now,
                of,
            };
            store
                .note_look(CONNECTION, &mailbox.into(), look)
                .await
                .unwrap();
        }
    }
}

#[test]
fn replaying_the_history_leads_to_what_the_mirror_holds() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = || prop::collection::vec(step(), 0..16);
    proptest!(config, |(before in steps(), after in steps())| {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("console.db");
            let store = Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
            let mut mirror = load(&store).await;
            let mut now = 0;
            for step in before {
                now += 10;
                carry_out(&store, &mut mirror, step, now).await;
            }
            begin(&store, now).await;
            let ground = held(&mirror);
            for step in after {
                now += 10;
                carry_out(&store, &mut mirror, step, now).await;
            }
            let rows = store.history(CONNECTION, 0, 10_000).await.unwrap();
            let replayed = replay(ground, rows);
            assert_eq!(replayed, held(&mirror));
            assert_eq!(replayed, held(&load(&store).await));
        });
    });
}
