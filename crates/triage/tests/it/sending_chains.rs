//! No chain of answers, crashes and reads sends a note twice, and every chain ends.

use proptest::prelude::*;
use triage::{
    actions::{Before, Change},
    model::{Conversation, Status},
    outcome::{
        AfterRead, Answer, MAX_ATTEMPTS, Next, Outcome, Restart, after_answer, after_read,
        after_restart,
    },
};

use crate::support::conversation;

/// What happens to one sending.
#[derive(Debug, Clone)]
enum Fate {
    Answered(Answer),
    /// The console dies after the intent is on disk and is back after so many ms.
    Crashed {
        back_after_ms: i64,
    },
}

#[derive(Debug, Clone)]
struct Step {
    fate: Fate,
    /// Where the answer leaves it open, whether Hiver did it.
    processed: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let answers = prop::sample::select(vec![
        Answer::Accepted,
        Answer::RateLimited,
        Answer::Unauthorized,
        Answer::Refused {
            reason: String::new(),
        },
        Answer::NeverSent,
        Answer::ServerError,
        Answer::Unknown,
    ]);
    let fate = prop_oneof![
        4 => answers.prop_map(Fate::Answered),
        1 => (0_i64..90_000).prop_map(|back_after_ms| Fate::Crashed { back_after_ms }),
    ];
    let step = (fate, any::<bool>()).prop_map(|(fate, processed)| Step { fate, processed });
    prop::collection::vec(step, 1..40)
}

/// One change on its way, with a Hiver that counts what it was told.
struct World {
    outcome: Outcome,
    attempts: u32,
    /// Answers that count as attempts, over the whole life of the change.
    counted_answers: u32,
    hiver: Conversation,
    notes: u32,
    sends_after_possibly_done: u32,
    possibly_done: bool,
}

impl World {
    fn new() -> Self {
        Self {
            outcome: Outcome::Waiting,
            attempts: 0,
            counted_answers: 0,
            hiver: Conversation {
                status: Some(Status::Open),
                ..conversation("c1")
            },
            notes: 0,
            sends_after_possibly_done: 0,
            possibly_done: false,
        }
    }

    fn become_(&mut self, next: Outcome) {
        assert!(self.outcome.can_become(next), "{} to {next}", self.outcome);
        self.outcome = next;
    }

    /// Sends once, as an executor does, and does what the state machine says.
    fn send(&mut self, change: &Change, step: &Step) {
        self.become_(Outcome::Sending);
        self.sends_after_possibly_done += u32::from(self.possibly_done);
        let (reached, left_open) = match &step.fate {
            Fate::Answered(Answer::Accepted) => (true, true),
            Fate::Answered(Answer::ServerError | Answer::Unknown) | Fate::Crashed { .. } => {
                (step.processed, true)
            }
            Fate::Answered(_) => (false, false),
        };
        self.possibly_done |= left_open;
        if reached {
            match change {
                Change::SetStatus(status) => self.hiver.status = Some(status.clone()),
                _ => self.notes += 1,
            }
        }
        let next = match &step.fate {
            Fate::Crashed { back_after_ms } => self.restart(change, *back_after_ms),
            Fate::Answered(answer) => {
                if !matches!(answer, Answer::RateLimited | Answer::Unauthorized) {
                    self.attempts += 1;
                    self.counted_answers += 1;
                }
                match after_answer(change.kind(), self.attempts, answer) {
                    Next::Done => Outcome::Done,
                    Next::Failed(_) => Outcome::Failed,
                    Next::Uncertain(_) => Outcome::Uncertain,
                    Next::RetryAfter { .. } | Next::HoldAndRetry | Next::PauseRun => {
                        Outcome::Waiting
                    }
                }
            }
        };
        self.become_(next);
    }

    fn restart(&self, change: &Change, sent_ms_ago: i64) -> Outcome {
        match after_restart(change.kind(), sent_ms_ago) {
            Restart::SendAgain => Outcome::Waiting,
            Restart::Uncertain => Outcome::Uncertain,
            Restart::ReadFirst => {
                let before = Before::Status(Some(Status::Open));
                match after_read(&before, change, &self.hiver) {
                    AfterRead::AlreadyDone => Outcome::Done,
                    AfterRead::SendAgain => Outcome::Waiting,
                    AfterRead::ChangedMeanwhile | AfterRead::CannotTell => Outcome::Failed,
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_note_that_may_be_there_is_never_sent_again(steps in steps()) {
        let note = Change::AddNote("Thanks".to_owned());
        let mut world = World::new();
        for step in &steps {
            if world.outcome.is_final() {
                break;
            }
            world.send(&note, step);
        }
        prop_assert_eq!(world.sends_after_possibly_done, 0);
        prop_assert!(world.notes <= 1);
        match world.outcome {
            Outcome::Done => prop_assert_eq!(world.notes, 1),
            Outcome::Failed | Outcome::Waiting => prop_assert_eq!(world.notes, 0),
            _ => {}
        }
    }

    #[test]
    fn a_set_change_that_is_done_is_so(steps in steps()) {
        let close = Change::SetStatus(Status::Closed);
        let mut world = World::new();
        for step in &steps {
            if world.outcome.is_final() {
                break;
            }
            world.send(&close, step);
        }
        if world.outcome == Outcome::Done {
            prop_assert_eq!(close.is_so(&world.hiver), Some(true));
        }
        prop_assert_ne!(world.outcome, Outcome::Uncertain);
    }

    #[test]
    fn every_change_ends_after_few_answers_that_count(
        steps in steps(),
        is_note in any::<bool>(),
    ) {
        let change = if is_note {
            Change::AddNote("Thanks".to_owned())
        } else {
            Change::SetStatus(Status::Closed)
        };
        let mut world = World::new();
        // Endless 429s hold and endless 401s pause; neither ends a change nor brings its end nearer.
        for step in steps.iter().cycle().take(400) {
            if world.outcome.is_final() {
                break;
            }
            world.send(&change, step);
            prop_assert!(world.outcome.is_final() || world.counted_answers < MAX_ATTEMPTS);
        }
        let counts = |step: &Step| {
            !matches!(
                step.fate,
                Fate::Answered(Answer::RateLimited | Answer::Unauthorized) | Fate::Crashed { .. }
            )
        };
        if steps.iter().any(counts) {
            prop_assert!(world.outcome.is_final());
        }
    }
}
