//! How much of the allowed rate a run uses, and how long a page of a list takes. Fails when a target is missed.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use engine::{Clock, Config, Engine, Live, Mirror, Sort, SortKey};
use hiver::Dialect;
use hiver_sim::{Options, Outcome, Simulator};
use store::{MailboxState, SecretKey, Store, StoredDirectory, StoredMirror};
use triage::actions::Actions;
use triage::model::{Assignee, Conversation, Mailbox, Status, Tag, User};
use triage::outcome::RunState;
use triage::selection::Selection;

type Failure = Box<dyn std::error::Error>;

const RATE: f64 = 20.0;
/// Conversations of the run; each gets an assignee, a tag and a status or a note.
const SELECTED: usize = 200;
const NOW: i64 = 1_780_000_000_000;

/// One line of the table.
struct Figure {
    what: String,
    value: String,
    target: String,
    met: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut figures = match a_run().await {
        Ok(figures) => figures,
        Err(error) => {
            say(&format!("the run could not be measured: {error}"));
            return ExitCode::FAILURE;
        }
    };
    figures.extend(lists(5_000, Duration::from_millis(10)));
    figures.extend(lists(100_000, Duration::from_millis(100)));
    say(&format!(
        "{:<44} {:>12} {:>14}",
        "figure", "measured", "target"
    ));
    for figure in &figures {
        let mark = if figure.met { "" } else { "  missed" };
        say(&format!(
            "{:<44} {:>12} {:>14}{mark}",
            figure.what, figure.value, figure.target
        ));
    }
    if figures.iter().all(|figure| figure.met) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark reports to the terminal")]
fn say(line: &str) {
    println!("{line}");
}

/// A run over real HTTP against a limiter as strict as Hiver's.
async fn a_run() -> Result<Vec<Figure>, Failure> {
    let hiver = Simulator::spawn(Options::unlimited(2_000)).await?;
    let folder = tempfile::tempdir()?;
    let store = Store::open(&format!(
        "sqlite:{}",
        folder.path().join("bench.db").display()
    ))
    .await?;
    let config = Config {
        dialect: Dialect::Tutorial,
        base_url: hiver.base_url(),
        identity: "bench".to_owned(),
        key: Some("sim-key".to_owned().into()),
        demo: true,
        requests_per_second: Some(RATE),
        requests_per_day: None,
        conversation_url: None,
        duties: engine::Duties::All,
    };
    let engine = Engine::start(store, SecretKey::generate()?, Clock::system(), config).await?;
    let mut live = engine.listen();
    while engine.status().await?.mirror_as_of.is_none() {
        live.recv().await?;
    }
    let simulator = hiver.simulator();
    simulator.clear_ledger();
    simulator.set_rate(Some(RATE))?;

    let summary = simulator.summary();
    let unassigned = engine.mirror().matching("-status:closed", engine.now())?;
    let selected = unassigned
        .into_iter()
        .take(SELECTED)
        .map(|one| one.id)
        .collect();
    let actions = Actions {
        assign: summary.users.first().map(|user| user.id.as_str().into()),
        add_tags: summary
            .tags
            .iter()
            .take(1)
            .map(|tag| tag.id.as_str().into())
            .collect(),
        note: Some("Sorted.".to_owned()),
        set_status: Some(Status::Pending),
        ..Actions::default()
    };
    let id = engine
        .plan("bench".to_owned(), Selection::Ids(selected), actions)
        .await?;
    engine.confirm(id).await?;
    loop {
        if matches!(live.recv().await, Ok(Live::Run(_)) | Err(_))
            && engine
                .run_status(id)
                .await?
                .is_some_and(|run| run.run.state == RunState::Finished)
        {
            break;
        }
    }
    let planned = engine
        .run_status(id)
        .await?
        .map_or(0, |run| run.run.facts.summary.requests);
    let ledger = simulator.ledger().requests;
    let refused = ledger
        .iter()
        .filter(|request| request.status == Outcome::Status(429))
        .count();
    let times: Vec<i64> = ledger.iter().map(|request| request.at_ms).collect();
    let span = times
        .iter()
        .max()
        .zip(times.iter().min())
        .map_or(0, |(last, first)| last - first);
    let used = ledger.len().saturating_sub(1) as f64 / RATE / (span.max(1) as f64 / 1_000.0);
    engine.stop(Duration::from_secs(5)).await;
    Ok(vec![
        Figure {
            what: format!("share of {RATE} requests/s used"),
            value: format!("{:.1} %", used * 100.0),
            target: ">= 97 %".to_owned(),
            met: used >= 0.97,
        },
        Figure {
            what: "answers of 429".to_owned(),
            value: refused.to_string(),
            target: "0".to_owned(),
            met: refused == 0,
        },
        Figure {
            what: "requests sent".to_owned(),
            value: ledger.len().to_string(),
            target: planned.to_string(),
            met: ledger.len() as u64 == planned,
        },
    ])
}

/// Pages of 50 out of a mirror of that size, by several filters and orders.
fn lists(conversations: usize, allowed: Duration) -> Vec<Figure> {
    let mirror = Mirror::default();
    mirror.load(1, sample(conversations));
    let filters = [
        "",
        "status:open is:unassigned",
        "mailbox:Support tag:billing",
        "refund -tag:vip",
    ];
    let keys = [SortKey::Age, SortKey::Subject, SortKey::Assignee];
    let mut times = Vec::new();
    for round in 0..10 {
        for filter in filters {
            for key in keys {
                let sort = Sort {
                    key,
                    descending: round % 2 == 0,
                };
                let start = Instant::now();
                let listed = mirror.list(filter, sort, round, 50, NOW);
                times.push(start.elapsed());
                assert!(
                    listed.is_ok_and(|listed| listed.matching > 0),
                    "`{filter}` lists something"
                );
            }
        }
    }
    times.sort_unstable();
    let percentile = |share: usize| times[(times.len() - 1) * share / 100];
    let figure = |name: &str, value: Duration, allowed: Option<Duration>| Figure {
        what: format!("a page of {conversations} conversations, {name}"),
        value: format!("{:.2} ms", value.as_secs_f64() * 1_000.0),
        target: allowed.map_or(String::new(), |allowed| {
            format!("<= {} ms", allowed.as_millis())
        }),
        met: allowed.is_none_or(|allowed| value <= allowed),
    };
    vec![
        figure("p50", percentile(50), None),
        figure("p95", percentile(95), Some(allowed)),
    ]
}

fn sample(conversations: usize) -> StoredMirror {
    let names = ["Support", "Billing", "Cards"];
    let mailboxes = names.map(|name| MailboxState {
        mailbox: Mailbox {
            id: name.into(),
            name: name.to_owned(),
            email: None,
        },
        synced_at: Some(NOW),
    });
    let user = |number: usize| User {
        id: format!("u{number}").into(),
        name: format!("User {number}"),
        email: None,
    };
    let row = |number: usize| Conversation {
        id: format!("cnv_{number}").into(),
        mailbox: Some(names[number % 3].into()),
        subject: Some(format!(
            "Question {} about the order and its refund or invoice",
            number * 7_919 % 100_003
        )),
        status: Some([Status::Open, Status::Pending, Status::Closed][number % 4 % 3].clone()),
        assignee: match number % 5 {
            0 => Assignee::Nobody,
            some => Assignee::User {
                id: Some(format!("u{some}").into()),
                name: Some(format!("User {some}")),
            },
        },
        tags: Some(vec![["billing", "vip", "late"][number % 7 % 3].into()]),
        extras: triage::model::Extras::default(),
        created_at: Some(NOW - (number as i64 * 104_729) % 5_000_000_000),
        updated_at: None,
        first_seen: NOW,
        last_changed: NOW,
    };
    StoredMirror {
        directory: StoredDirectory {
            lists: Vec::new(),
            mailboxes: mailboxes.to_vec(),
            users: (1..5).map(user).collect(),
            tags: ["billing", "vip", "late"]
                .map(|name| Tag {
                    id: name.into(),
                    name: name.to_owned(),
                })
                .to_vec(),
        },
        conversations: (0..conversations).map(row).collect(),
    }
}
