//! Whole runs through random faults, crashes, colleagues and decisions, with every claim checked after every step.
//!
//! The executor in [`world`] is the smallest that keeps the rules of `triage::outcome`: intent on disk, send, ask,
//! write. Beside what it has on disk and in memory stands what is true at Hiver, which it never sees but by reading.

mod row;
mod world;

use row::{Air, Row};
use triage::outcome::{Answer, MAX_ATTEMPTS, Outcome, RunState};
use world::{Seen, World};

const STEPS: u32 = 200_000;

/// Splitmix64: the same dice on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    /// A time below so many ms.
    pub fn ms(&mut self, below: u32) -> i64 {
        i64::try_from(self.below(below.into())).unwrap_or_default()
    }

    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let sides = u64::try_from(from.len()).ok().filter(|sides| *sides > 0)?;
        from.get(usize::try_from(self.below(sides)).ok()?).cloned()
    }
}

fn answers() -> Vec<Answer> {
    let refused = Answer::Refused {
        reason: "no".to_owned(),
    };
    vec![
        Answer::Accepted,
        Answer::Accepted,
        Answer::RateLimited,
        Answer::Unauthorized,
        refused,
        Answer::NeverSent,
        Answer::ServerError,
        Answer::ServerError,
        Answer::Unknown,
        Answer::Unknown,
    ]
}

/// One thing happens; `false` when it could not.
fn step(world: &mut World<'_>, answers: &[Answer]) -> bool {
    if world.state == RunState::Preview {
        if world.dice.once_in(20) {
            return world.cancel();
        }
        world.run_turns(RunState::Waiting);
        return true;
    }
    let happened = match world.dice.below(100) {
        0..40 => world.take_off(),
        40..78 => {
            let landing = world.in_the_air();
            let landing = world.dice.pick(&landing).zip(world.dice.pick(answers));
            if let Some((at, answer)) = &landing {
                world.land(*at, answer);
            }
            landing.is_some()
        }
        78..84 => {
            world.colleague();
            world.now += world.dice.ms(20_000);
            true
        }
        84..87 => {
            world.crash();
            true
        }
        87..90 => world.pause(),
        90..93 => world.resume(),
        93 => world.cancel(),
        94..97 => world.decide(Outcome::Failed, Outcome::Waiting),
        97 => world.decide(Outcome::Uncertain, Outcome::Done),
        _ => world.decide(Outcome::Uncertain, Outcome::Waiting),
    };
    world.finish() || happened
}

/// Everything that has to be so at any time.
fn check(world: &World<'_>) {
    for row in &world.rows {
        check_row(row);
        if row.air != Air::Nothing {
            assert_eq!(row.outcome, Outcome::Sending, "{row:?}");
            let sent = matches!(world.state, RunState::Running | RunState::Paused);
            assert!(sent, "{}: {row:?}", world.state);
        }
        if world.state == RunState::Preview {
            assert_eq!((row.outcome, row.sent), (Outcome::Waiting, 0), "{row:?}");
        }
        if world.state.is_over() {
            assert!(row.outcome.is_final(), "{}: {row:?}", world.state);
        }
    }
}

fn check_row(row: &Row) {
    let possibly = row.possibly_since.is_some();
    let claim = match row.outcome {
        // Nothing waits that may be there.
        Outcome::Waiting | Outcome::Cancelled => !possibly && row.processed == 0,
        // A crash finds since when.
        Outcome::Sending => row.sent_at.is_some(),
        // A set change was compared with Hiver when it became so.
        Outcome::Done => row.marked || !row.is_note() || (row.processed == 1 && row.notes > 0),
        // A set change that nobody could confirm fails, too; a note never.
        Outcome::Failed => (possibly && !row.is_note()) || (!possibly && row.processed == 0),
        Outcome::Uncertain => possibly,
        Outcome::Unchanged => false,
    };
    assert!(claim, "{row:?}");
    assert!(row.notes <= row.notes_allowed, "{row:?}");
    let in_the_air = u32::from(matches!(row.air, Air::Request { .. }));
    assert_eq!(
        row.sent,
        row.counted + row.not_counted + in_the_air,
        "{row:?}"
    );
    assert!(row.counted <= MAX_ATTEMPTS, "{row:?}");
    assert!(
        row.counted < MAX_ATTEMPTS || row.outcome.is_final(),
        "{row:?}"
    );
}

/// From here on Hiver always answers the same, nothing crashes, and people only let the run go on: it ends.
fn come_to_an_end(world: &mut World<'_>, answer: &Answer) {
    let enough = 10 + 10 * world.rows.len();
    for _ in 0..enough {
        if world.state == RunState::Preview {
            world.run_turns(RunState::Waiting);
        }
        world.resume();
        world.take_off();
        for at in world.in_the_air() {
            world.land(at, answer);
            check(world);
        }
        world.finish();
        check(world);
        if world.state.is_over() {
            return;
        }
        world.now += world.dice.ms(15_000);
    }
    panic!("still {} with {answer:?}: {:?}", world.state, world.rows);
}

#[test]
fn no_run_sends_a_note_twice_or_claims_what_is_not_so_and_all_of_them_end() {
    let mut dice = Dice(2_026);
    let mut seen = Seen::default();
    let answers = answers();
    let (mut steps, mut runs) = (0, 0);
    while steps < STEPS {
        let mut world = World::new(&mut dice, &mut seen);
        for _ in 0..300 {
            if step(&mut world, &answers) {
                check(&world);
                steps += 1;
            }
        }
        let forever = loop {
            match world.dice.pick(&answers) {
                // These two wait for as long as they last, and so may this one.
                Some(Answer::RateLimited | Answer::Unauthorized) | None => {}
                Some(Answer::NeverSent) if !world.unreachable_counts => {}
                Some(answer) => break answer,
            }
        };
        come_to_an_end(&mut world, &forever);
        runs += 1;
    }
    assert!(runs > 1_000, "{runs}");
    // All of it came up: a proof about cases that never happen proves nothing.
    assert_eq!(seen.outcomes.len(), 9, "{:?}", seen.outcomes);
    assert_eq!(seen.runs.len(), 15, "{:?}", seen.runs);
    assert_eq!(seen.reads.len(), 4, "{:?}", seen.reads);
    assert!(seen.blind_resends > 1_000, "{}", seen.blind_resends);
}
