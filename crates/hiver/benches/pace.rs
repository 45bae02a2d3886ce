//! How much of one request a second is used in two minutes of real time, and whether any request is refused. Fails
//! when a target is missed.
//!
//! The tests do the same for hours on a clock that moves by itself; here timers are late and the network is real,
//! if short.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use hiver::{Hiver, Lane, Settings, Status, Write};
use hiver_sim::{Options, Outcome, Simulator};

type Failure = Box<dyn std::error::Error>;

const RATE: f64 = 1.0;
const SLOTS: i64 = 120;
/// How long Hiver takes for an answer.
const LATENCY: Duration = Duration::from_millis(80);
/// Each click comes later after a slot than the one before.
const CLICK_EVERY: Duration = Duration::from_millis(10_000);
const CLICK_LATER: Duration = Duration::from_millis(130);

/// One line of the table.
struct Figure {
    what: &'static str,
    value: String,
    target: &'static str,
    met: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let figures = match two_minutes().await {
        Ok(figures) => figures,
        Err(error) => {
            say(&format!("the pace could not be measured: {error}"));
            return ExitCode::FAILURE;
        }
    };
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

/// Bulk work without end and a click now and then, against a limiter without burst: 10 ms early is too early.
async fn two_minutes() -> Result<Vec<Figure>, Failure> {
    let options = Options {
        rate: Some(RATE),
        latency: LATENCY,
        ..Options::unlimited(50)
    };
    let running = Simulator::spawn(options.clone()).await?;
    let hiver = Hiver::new(Settings {
        base_url: running.base_url(),
        requests_per_second: RATE,
        ..Settings::tutorial(options.key.into())
    })?;
    let conversations = running.simulator().state().conversations;
    let conversation = conversations
        .first()
        .ok_or("the simulator has no conversation")?;
    let change = |status| Write::SetStatus {
        conversation: conversation.id.as_str().into(),
        status,
    };

    let began = Instant::now();
    let goes_on = || began.elapsed() < Duration::from_secs(SLOTS.unsigned_abs());
    // Two, so that one waits for its slot while the other waits for its answer.
    let bulk = async |write: Write| {
        while goes_on() {
            // A refusal is in the ledger.
            let _ = hiver.on(Lane::Bulk).write(&write).await;
        }
    };
    let clicks = async {
        let mut longest = Duration::ZERO;
        let mut pause = CLICK_EVERY;
        let write = change(Status::Pending);
        while goes_on() {
            tokio::time::sleep(pause).await;
            pause += CLICK_LATER;
            let clicked = Instant::now();
            let _ = hiver.on(Lane::Click).write(&write).await;
            longest = longest.max(clicked.elapsed());
        }
        longest
    };
    let ((), (), longest) = tokio::join!(
        bulk(change(Status::Open)),
        bulk(change(Status::Closed)),
        clicks
    );

    let requests = running.simulator().ledger().requests;
    let first = requests.first().map_or(0, |request| request.at_ms);
    let let_through = |status| matches!(status, Outcome::Status(code) if code < 300);
    let used = requests
        .iter()
        .filter(|request| request.at_ms < first + SLOTS * 1_000 && let_through(request.status))
        .count();
    let refused = requests
        .iter()
        .filter(|request| request.status == Outcome::Status(429))
        .count();
    let share = used as f64 / SLOTS as f64;
    running.stop().await?;
    Ok(vec![
        Figure {
            what: "share of 120 slots used, 1 request/s",
            value: format!("{:.1} %", share * 100.0),
            target: ">= 99 %",
            met: share >= 0.99,
        },
        Figure {
            what: "answers of 429",
            value: refused.to_string(),
            target: "0",
            met: refused == 0,
        },
        Figure {
            what: "longest wait of a click among bulk work",
            value: format!("{:.2} s", longest.as_secs_f64()),
            target: "<= 2.2 s",
            met: longest <= Duration::from_millis(2_200),
        },
    ])
}
