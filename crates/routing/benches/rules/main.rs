//! How fast rules are made ready and evaluated, over 100,000 conversations of real questions. Prints a table, and
//! fails when a target is missed.
//!
//! With `--export FOLDER` it writes what `scripts/bench/rules.mjs` gives to other engines, and what it decided itself.

mod data;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use crate::data::{NOW, ROWS};
use routing::{
    Compiled,
    evaluate::Evaluator,
    lint::{Surroundings, lint},
    model::RuleSet,
    moment::{Moment, Occasion},
    world::Staff,
};

/// What is promised.
const COMPILE_1000: Duration = Duration::from_millis(200);
const EVALUATE_1000: Duration = Duration::from_secs(2);
const BACKTEST_50: Duration = Duration::from_secs(3);
const LIVE_MATCHES: Duration = Duration::from_millis(150);
/// Five times the keywords may take at most so many times as long.
const KEYWORDS_GROW: f64 = 4.0;

#[expect(clippy::print_stdout, reason = "a benchmark reports to the terminal")]
fn main() -> ExitCode {
    let rows = data::rows();
    let mut table = Table::default();
    if let Some(folder) = data::export_folder() {
        return match data::export(&folder, &rows[..data::COMPARED]) {
            Ok(seconds) => {
                println!("{seconds}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                println!("{error}");
                ExitCode::FAILURE
            }
        };
    }

    let thousand = data::thousand();
    let (compiling, compiled) = fastest(5, || compile(&thousand));
    table.line("1,000 rules made ready", compiling, Some(COMPILE_1000));
    let (deciding, fired) = fastest(2, || decide_all(&compiled, &rows));
    table.line("1,000 rules over 100,000", deciding, Some(EVALUATE_1000));

    let fifty = compile(&data::fifty());
    let (backtest, fifty_fired) = fastest(3, || decide_all(&fifty, &rows));
    table.line(
        "50 rules over 100,000 (backtest)",
        backtest,
        Some(BACKTEST_50),
    );

    let edited = data::edited();
    let (live, matches) = fastest(3, || {
        let compiled = compile(&edited);
        let mut evaluator = Evaluator::new(&compiled);
        rows.iter()
            .filter(|row| evaluator.fits(0, &row.row(), &moment()))
            .count()
    });
    table.line("live matches of one edited rule", live, Some(LIVE_MATCHES));

    let (few, _) = fastest(3, || decide_all(&compile(&data::keywords(1_000)), &rows));
    let (many, _) = fastest(3, || decide_all(&compile(&data::keywords(5_000)), &rows));
    table.line("1,000 keyword rules", few, None);
    table.line("5,000 keyword rules", many, None);
    let grows = many.as_secs_f64() / few.as_secs_f64();
    table.ratio("  5 times the keywords take", grows, KEYWORDS_GROW);

    let (list, _) = fastest(3, || decide_all(&compile(&data::one_long_list()), &rows));
    table.line("one rule with 10,000 keywords", list, None);

    let names = data::directory();
    let some: Vec<_> = rows.iter().take(10_000).map(data::Kept::row).collect();
    let around = Surroundings {
        directory: &names,
        rows: &some,
        moment: moment(),
        habits: &[],
        requests_per_day: Some(5_000),
    };
    let (linting, warnings) = fastest(1, || lint(&thousand, &around).map_or(0, |all| all.len()));
    table.line("warnings about 1,000 rules", linting, None);
    println!(
        "{warnings} warnings, {fired} firings of 1,000 rules, {fifty_fired} of 50, {matches} live matches"
    );
    if fired == 0 || fifty_fired == 0 || matches == 0 {
        println!("nothing was decided: the bench measures nothing");
        return ExitCode::FAILURE;
    }
    table.verdict()
}

fn moment() -> Moment {
    Moment {
        now_ms: NOW,
        utc_offset_seconds: 0,
        occasion: Occasion::Any,
    }
}

#[expect(clippy::expect_used, reason = "the bench's own rules")]
fn compile(rules: &RuleSet) -> Compiled {
    Compiled::new(rules, &data::directory()).expect("the bench's rules can be used")
}

/// Decides about all rows; returns how many rules fired.
fn decide_all(compiled: &Compiled, rows: &[data::Kept]) -> usize {
    let mut evaluator = Evaluator::new(compiled);
    let mut staff = Staff::default();
    rows.iter()
        .map(|row| {
            evaluator
                .decide(&row.row(), &moment(), &mut staff)
                .firings
                .len()
        })
        .sum()
}

/// The shortest of so many times, at least one, and the last result.
fn fastest<T>(mut left: usize, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut shortest = Duration::MAX;
    loop {
        let start = Instant::now();
        let result = work();
        shortest = shortest.min(start.elapsed());
        left -= 1;
        if left == 0 {
            return (shortest, result);
        }
    }
}

#[derive(Default)]
struct Table {
    missed: bool,
}

#[expect(clippy::print_stdout, reason = "a benchmark reports to the terminal")]
impl Table {
    fn line(&mut self, what: &str, took: Duration, allowed: Option<Duration>) {
        let each = took.as_nanos() / ROWS as u128;
        let target = allowed.map_or(String::new(), |allowed| {
            let kept = took <= allowed;
            self.missed |= !kept;
            format!("≤ {allowed:?} {}", if kept { "ok" } else { "MISSED" })
        });
        println!(
            "{what:<36} {:>10.1} ms {each:>8} ns each  {target}",
            took.as_secs_f64() * 1e3
        );
    }

    fn ratio(&mut self, what: &str, ratio: f64, allowed: f64) {
        let kept = ratio <= allowed;
        self.missed |= !kept;
        let verdict = if kept { "ok" } else { "MISSED" };
        println!("{what:<36} {ratio:>10.2} ×                   ≤ {allowed} {verdict}");
    }

    fn verdict(&self) -> ExitCode {
        if self.missed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}
