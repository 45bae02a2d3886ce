//! How long a backtest of 50 rules over 100,000 conversations of real questions takes, compared with rules in force,
//! through the engine. Fails when a target is missed.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{
    Backtest, BacktestState, Clock, Config, Duties, Engine, Live, RuleSource, Shown, Trial, Wish,
};
use hiver::Dialect;
use hiver_sim::{AccountState, Options, Simulator};
use routing::model::{
    Actions, Assign, AssigneeTest, Condition, Mode, Repeat, Rule, RuleSet, Share, ShareBy,
    ShareMember, TextCondition, When,
};
use store::{MailboxState, SecretKey, Store, StoredDirectory, StoredMirror};
use triage::model::{Assignee, Conversation, Mailbox, Status, Tag, User};

type Failure = Box<dyn std::error::Error>;

const CONVERSATIONS: usize = 100_000;
const ALLOWED: Duration = Duration::from_secs(3);
const OPERATOR: &str = "bench";
/// A keyword for each rule.
const WORDS: [&str; 50] = [
    "card",
    "refund",
    "transfer",
    "fee",
    "top",
    "cash",
    "pin",
    "account",
    "money",
    "payment",
    "exchange",
    "rate",
    "identity",
    "atm",
    "charge",
    "arriv",
    "order",
    "virtual",
    "verify",
    "balance",
    "cheque",
    "wrong",
    "declin",
    "pending",
    "country",
    "currency",
    "limit",
    "lost",
    "stolen",
    "phone",
    "passcode",
    "address",
    "age",
    "apple",
    "google",
    "visa",
    "mastercard",
    "direct",
    "debit",
    "statement",
    "twice",
    "cancel",
    "receive",
    "salary",
    "source",
    "terminate",
    "weekend",
    "activate",
    "expire",
    "contactless",
];

#[tokio::main]
async fn main() -> ExitCode {
    match measured().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("the backtest could not be measured: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark reports to the terminal")]
fn say(line: &str) {
    println!("{line}");
}

async fn measured() -> Result<bool, Failure> {
    let hiver = Simulator::spawn(Options::unlimited(10)).await?;
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("bench.db");
    let store = Store::open(&format!("sqlite:{}", database.display())).await?;
    let config = Config {
        dialect: Dialect::Tutorial,
        base_url: hiver.base_url(),
        identity: "bench".to_owned(),
        key: Some("sim-key".to_owned().into()),
        demo: true,
        requests_per_second: Some(900.0),
        requests_per_day: None,
        conversation_url: None,
        duties: Duties::Reading,
    };
    let engine = Engine::start(store, SecretKey::generate()?, Clock::system(), config).await?;
    // It reads nothing more than this: what is loaded below stays as it is.
    let wish = Wish::Sync {
        mailbox: None,
        patient: true,
    };
    engine.carry_out(wish, OPERATOR).await;
    let connection = engine.status().await?.connection;
    let connection = connection.ok_or("no connection")?.id;
    let state = Simulator::new(Options::unlimited(CONVERSATIONS))?.state();
    let in_force = rules(&state, 0);
    let edited = rules(&state, 1);
    engine.mirror().load(connection, mirrored(&state));
    drop(state);
    engine.save_rules(OPERATOR, 0, in_force, "").await?;
    hiver.simulator().clear_ledger();

    let mut fastest = Duration::MAX;
    let mut told = 0;
    let mut last: Option<Arc<Backtest>> = None;
    for _ in 0..3 {
        let mut live = engine.listen();
        let start = Instant::now();
        let id = engine
            .start_backtest(Trial {
                operator: OPERATOR.to_owned(),
                source: RuleSource::Draft,
                set: Arc::new(edited.clone()),
                filter: String::new(),
                as_if_new: false,
            })
            .await?;
        let mut times = 0;
        loop {
            let kept = engine.backtest(OPERATOR, id).ok_or("it is gone")?;
            match kept.state {
                BacktestState::Running { .. } => {}
                BacktestState::Done(result) => {
                    last = Some(result);
                    break;
                }
                BacktestState::Cancelled | BacktestState::Failed => {
                    return Err("it broke off".into());
                }
            }
            if live.recv().await? == Live::Backtest {
                times += 1;
            }
        }
        fastest = fastest.min(start.elapsed());
        told = told.max(times);
    }
    let result = last.ok_or("nothing was tried")?;
    let start = Instant::now();
    let page = result.list(Shown::Differing, None, 40, 20);
    let paging = start.elapsed();
    let requests = hiver.simulator().ledger().requests.len();
    let counts = &result.counts;
    let met = fastest <= ALLOWED && requests == 0 && told > 0;
    say(&format!(
        "50 rules over {} conversations, beside those in force (backtest) {:>8.0} ms  <= {} ms{}",
        counts.looked_at,
        fastest.as_secs_f64() * 1_000.0,
        ALLOWED.as_millis(),
        if fastest <= ALLOWED { "" } else { "  missed" }
    ));
    say(&format!(
        "told {told} times how far it is; a page of {} of {} listed takes {:.2} ms; {requests} requests to Hiver",
        page.entries.len(),
        page.total,
        paging.as_secs_f64() * 1_000.0
    ));
    say(&format!(
        "{} would change, {} differ, {} not listed",
        counts.acted_on, counts.differ, counts.unlisted
    ));
    engine.stop(Duration::from_secs(5)).await;
    Ok(met && counts.acted_on > 0 && counts.differ > 0)
}

/// A rule for each word, of three conditions. `shift` gives some of them to other people.
fn rules(state: &AccountState, shift: usize) -> RuleSet {
    let user = |number: usize| state.users[number % state.users.len()].id.as_str().into();
    let tag = |number: usize| state.tags[number % state.tags.len()].id.as_str().into();
    let rule = |(number, word): (usize, &&str)| Rule {
        id: format!("r{number}").as_str().into(),
        name: format!("About {word}"),
        mode: Mode::On,
        when: vec![When::Created],
        mailboxes: Vec::new(),
        conditions: Condition::All(vec![
            Condition::Text(TextCondition::subject_contains([*word])),
            Condition::Status(vec![Status::Open]),
            Condition::Assignee(AssigneeTest::Nobody),
        ]),
        actions: Actions {
            assign: Some(if number % 10 == 9 {
                Assign::Share(Share {
                    by: ShareBy::RoundRobin,
                    among: (0..4)
                        .map(|member| ShareMember {
                            user: user(number + member),
                            cap: None,
                        })
                        .collect(),
                })
            } else {
                Assign::User(user(number + usize::from(number % 5 == 0) * shift))
            }),
            add_tags: vec![tag(number)],
            note: Some("{{rule}}: found \"{{matched}}\".".to_owned()),
            ..Actions::default()
        },
        stop: number % 2 == 0,
        hours: None,
        repeat: Repeat::Once,
    };
    RuleSet::of(WORDS.iter().enumerate().map(rule).collect())
}

fn mirrored(state: &AccountState) -> StoredMirror {
    let conversation = |one: &hiver_sim::ConversationState| Conversation {
        id: one.id.as_str().into(),
        mailbox: Some(one.mailbox_id.as_str().into()),
        subject: one.subject.clone(),
        status: Some(one.status.name().into()),
        assignee: match &one.assignee {
            None => Assignee::Nobody,
            Some(user) => Assignee::User {
                id: Some(user.as_str().into()),
                name: None,
            },
        },
        tags: Some(one.tags.iter().map(|tag| tag.as_str().into()).collect()),
        created_at: Some(one.created_ms),
        updated_at: None,
        first_seen: one.created_ms,
        last_changed: one.created_ms,
        extras: triage::model::Extras::default(),
    };
    StoredMirror {
        directory: StoredDirectory {
            lists: Vec::new(),
            mailboxes: state
                .mailboxes
                .iter()
                .map(|one| MailboxState {
                    mailbox: Mailbox {
                        id: one.id.as_str().into(),
                        name: one.name.clone(),
                        email: None,
                    },
                    synced_at: Some(0),
                })
                .collect(),
            users: state
                .users
                .iter()
                .map(|one| User {
                    id: one.id.as_str().into(),
                    name: one.name.clone(),
                    email: None,
                })
                .collect(),
            tags: state
                .tags
                .iter()
                .map(|one| Tag {
                    id: one.id.as_str().into(),
                    name: one.name.clone(),
                })
                .collect(),
        },
        conversations: state.conversations.iter().map(conversation).collect(),
    }
}
