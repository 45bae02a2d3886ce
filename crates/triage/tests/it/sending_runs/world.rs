//! A run, its executor, and the Hiver that it talks to.

use std::collections::BTreeSet;

use triage::{
    actions::Change,
    model::{Assignee, Conversation, Status},
    outcome::{
        AfterRead, Answer, BLIND_RESEND_MS, Next, Outcome, Restart, RunState, after_answer,
        after_read, after_restart,
    },
};

use super::{
    Dice,
    row::{Air, Row},
};
use crate::support::{NOW, conversation, somebody};

/// What has been seen to happen, so that nothing is proven about cases that never came up.
#[derive(Debug, Default)]
pub struct Seen {
    pub outcomes: BTreeSet<(Outcome, Outcome)>,
    pub runs: BTreeSet<(RunState, RunState)>,
    pub reads: BTreeSet<String>,
    pub blind_resends: u32,
}

pub struct World<'a> {
    pub dice: &'a mut Dice,
    pub seen: &'a mut Seen,
    pub now: i64,
    pub state: RunState,
    pub cancelling: bool,
    pub rows: Vec<Row>,
    pub hiver: Vec<Conversation>,
    /// Whether a refused connection is put to `after_answer`, or is no attempt at all, as the engine has it.
    pub unreachable_counts: bool,
}

impl<'a> World<'a> {
    pub fn new(dice: &'a mut Dice, seen: &'a mut Seen) -> Self {
        let hiver: Vec<_> = ["c1", "c2"]
            .map(|id| Conversation {
                status: Some(Status::Open),
                assignee: Assignee::Nobody,
                tags: Some(vec!["old".into()]),
                ..conversation(id)
            })
            .into();
        let wishes = [
            Change::Assign("u_ana".into()),
            Change::AddTag("new".into()),
            Change::RemoveTag("old".into()),
            Change::SetStatus(Status::Closed),
            Change::AddNote("Thanks".to_owned()),
        ];
        let mut rows = Vec::new();
        let unknown = conversation("c");
        for (at, there) in hiver.iter().enumerate() {
            for change in &wishes {
                if dice.once_in(2) {
                    continue;
                }
                let mirrored = if dice.once_in(5) { &unknown } else { there };
                let before = change.before(mirrored);
                rows.push(Row::new(change.clone(), before, at));
            }
        }
        let unreachable_counts = dice.once_in(2);
        Self {
            dice,
            seen,
            now: NOW,
            state: RunState::Preview,
            cancelling: false,
            rows,
            hiver,
            unreachable_counts,
        }
    }

    fn turn(&mut self, at: usize, next: Outcome) {
        let row = &mut self.rows[at];
        assert!(row.outcome.can_become(next), "to {next}: {row:?}");
        self.seen.outcomes.insert((row.outcome, next));
        row.outcome = next;
    }

    pub fn run_turns(&mut self, next: RunState) {
        assert!(self.state.can_become(next), "{} to {next}", self.state);
        self.seen.runs.insert((self.state, next));
        self.state = next;
    }

    fn where_(&self, fits: impl Fn(&Row) -> bool) -> Vec<usize> {
        (0..self.rows.len())
            .filter(|at| fits(&self.rows[*at]))
            .collect()
    }

    pub fn in_the_air(&self) -> Vec<usize> {
        self.where_(|row| row.air != Air::Nothing)
    }

    /// Takes the run up: what an earlier process left as `sending` is looked after.
    fn begin(&mut self) {
        self.run_turns(RunState::Running);
        for at in self.where_(|row| row.outcome == Outcome::Sending) {
            let row = &mut self.rows[at];
            row.unknown_since = Some(row.sent_at.unwrap_or(0));
            if after_restart(row.change.kind(), 0) == Restart::Uncertain {
                self.turn(at, Outcome::Uncertain);
            }
        }
    }

    /// Sends a change whose conversation has nothing on its way, or reads first.
    pub fn take_off(&mut self) -> bool {
        if self.state == RunState::Waiting && self.in_the_air().is_empty() {
            self.begin();
            return true;
        }
        if self.state != RunState::Running || self.cancelling {
            return false;
        }
        let busy: Vec<_> = self
            .in_the_air()
            .into_iter()
            .map(|at| self.rows[at].conversation)
            .collect();
        let ready = self.where_(|row| !row.outcome.is_final() && !busy.contains(&row.conversation));
        let Some(at) = self.dice.pick(&ready) else {
            return false;
        };
        let now = self.now;
        let row = &mut self.rows[at];
        let kind = row.change.kind();
        if let Some(since) = row.unknown_since {
            match after_restart(kind, now - since) {
                Restart::SendAgain => self.seen.blind_resends += 1,
                Restart::ReadFirst => {
                    row.air = Air::Read;
                    return true;
                }
                Restart::Uncertain => panic!("a note in doubt is not taken up: {row:?}"),
            }
        }
        if let Some(since) = row.possibly_since {
            assert!(!row.is_note(), "sent though it may be there: {row:?}");
            assert!(now - since < BLIND_RESEND_MS, "resent blindly: {row:?}");
        }
        row.attempts += 1;
        row.sent += 1;
        row.sent_at = row.unknown_since.or(Some(now));
        row.air = Air::Request { left_at: now };
        if row.outcome == Outcome::Waiting {
            self.turn(at, Outcome::Sending);
        }
        true
    }

    /// What Hiver does with a request, before it answers or does not.
    fn arrive(&mut self, at: usize, answer: Option<&Answer>) {
        let by_chance = self.dice.once_in(2);
        let row = &mut self.rows[at];
        let Air::Request { left_at } = row.air else {
            return;
        };
        let processed = match answer {
            Some(Answer::Accepted) => true,
            Some(Answer::ServerError | Answer::Unknown) | None => by_chance,
            Some(_) => return,
        };
        row.possibly_since.get_or_insert(left_at);
        if !processed {
            return;
        }
        row.processed += 1;
        let there = &mut self.hiver[row.conversation];
        match &row.change {
            Change::Assign(user) => there.assignee = somebody(user.as_str()),
            Change::AddTag(tag) => there.tags.get_or_insert_default().push(tag.clone()),
            Change::RemoveTag(tag) => there.tags.get_or_insert_default().retain(|one| one != tag),
            Change::SetStatus(status) => there.status = Some(status.clone()),
            Change::AddNote(_) => row.notes += 1,
        }
    }

    pub fn land(&mut self, at: usize, answer: &Answer) {
        if self.rows[at].air == Air::Read {
            self.land_read(at);
        } else {
            self.arrive(at, Some(answer));
            self.land_request(at, answer);
        }
        self.rows[at].air = Air::Nothing;
        if self.in_the_air().is_empty() && self.cancelling {
            self.cancel_landed();
        }
    }

    fn land_request(&mut self, at: usize, answer: &Answer) {
        let unreachable = *answer == Answer::NeverSent && !self.unreachable_counts;
        let in_doubt = matches!(answer, Answer::ServerError | Answer::Unknown);
        let row = &mut self.rows[at];
        let next = if unreachable {
            Next::HoldAndRetry
        } else {
            after_answer(row.change.kind(), row.attempts, answer)
        };
        if matches!(next, Next::HoldAndRetry | Next::PauseRun) {
            row.attempts -= 1;
            row.not_counted += 1;
        } else {
            row.counted += 1;
        }
        match next {
            Next::Done => {
                let there = &self.hiver[row.conversation];
                assert!(row.is_note() || row.change.is_so(there) == Some(true));
                self.turn(at, Outcome::Done);
            }
            Next::Failed(_) => self.turn(at, Outcome::Failed),
            Next::Uncertain(_) => self.turn(at, Outcome::Uncertain),
            Next::RetryAfter { .. } | Next::HoldAndRetry | Next::PauseRun => {
                if in_doubt {
                    row.unknown_since = row.unknown_since.or(row.sent_at);
                }
                row.sent_at = row.unknown_since;
                // On disk it stays `sending` while nobody knows whether it was made.
                if row.unknown_since.is_none() {
                    self.turn(at, Outcome::Waiting);
                }
            }
        }
        if next == Next::PauseRun && self.state == RunState::Running {
            self.run_turns(RunState::Paused);
        }
    }

    fn land_read(&mut self, at: usize) {
        let says_little = self.dice.once_in(8);
        let row = &mut self.rows[at];
        let there = &self.hiver[row.conversation];
        let seen = if says_little {
            &conversation("c")
        } else {
            there
        };
        let verdict = after_read(&row.before, &row.change, seen);
        self.seen.reads.insert(format!("{verdict:?}"));
        let is_so = row.change.is_so(there) == Some(true);
        let is_as_before = row.change.before(there) == row.before;
        let was_known = row.change.before(&conversation("c")) != row.before;
        match verdict {
            AfterRead::AlreadyDone => {
                assert!(is_so);
                self.turn(at, Outcome::Done);
            }
            AfterRead::SendAgain => {
                assert!(!was_known || (is_as_before && !is_so));
                (row.unknown_since, row.sent_at, row.possibly_since) = (None, None, None);
                row.processed = 0;
                self.turn(at, Outcome::Waiting);
            }
            AfterRead::ChangedMeanwhile => {
                assert!(was_known && !is_as_before && !is_so);
                self.turn(at, Outcome::Failed);
            }
            AfterRead::CannotTell => {
                assert!(says_little && was_known);
                self.turn(at, Outcome::Failed);
            }
        }
    }

    /// The process dies; what was on its way arrives or does not, and nobody hears of it.
    pub fn crash(&mut self) {
        for at in self.in_the_air() {
            self.arrive(at, None);
            let row = &mut self.rows[at];
            row.not_counted += u32::from(row.air != Air::Read);
            row.air = Air::Nothing;
        }
        for row in &mut self.rows {
            row.unknown_since = None;
        }
        self.now += self.dice.ms(90_000);
        if self.state == RunState::Running {
            self.run_turns(RunState::Waiting);
        }
        if self.cancelling {
            self.cancel_landed();
        }
    }

    fn cancel_landed(&mut self) {
        for at in self.where_(|row| row.outcome == Outcome::Waiting) {
            self.turn(at, Outcome::Cancelled);
        }
        for at in self.where_(|row| row.outcome == Outcome::Sending) {
            self.turn(at, Outcome::Uncertain);
        }
        self.cancelling = false;
        self.run_turns(RunState::Cancelled);
    }

    /// Ends the run where nothing is left to do.
    pub fn finish(&mut self) -> bool {
        let sent = matches!(self.state, RunState::Running | RunState::Paused);
        let over = self.rows.iter().all(|row| row.outcome.is_final());
        if sent && over && !self.cancelling {
            self.run_turns(RunState::Finished);
        }
        sent && over
    }

    /// A person decides about one change that has ended with `from`.
    pub fn decide(&mut self, from: Outcome, next: Outcome) -> bool {
        let fitting = self.where_(|row| row.outcome == from);
        let Some(at) = self.dice.pick(&fitting).filter(|_| !self.cancelling) else {
            return false;
        };
        self.turn(at, next);
        let row = &mut self.rows[at];
        if next == Outcome::Done {
            row.marked = true;
        } else {
            row.notes_allowed += u32::from(from == Outcome::Uncertain);
            row.begin_anew();
            if self.state.is_over() {
                self.run_turns(RunState::Waiting);
            }
        }
        true
    }

    pub fn pause(&mut self) -> bool {
        let open = matches!(self.state, RunState::Waiting | RunState::Running) && !self.cancelling;
        if open {
            self.run_turns(RunState::Paused);
        }
        open
    }

    pub fn cancel(&mut self) -> bool {
        let open = !self.state.is_over() && !self.cancelling;
        if open {
            self.cancelling = true;
            if self.in_the_air().is_empty() {
                self.cancel_landed();
            }
        }
        open
    }

    pub fn resume(&mut self) -> bool {
        let paused = self.state == RunState::Paused && !self.cancelling;
        if paused {
            // Where answers are still under way the pass has not ended: it just goes on.
            let landed = self.in_the_air().is_empty();
            self.run_turns(if landed {
                RunState::Waiting
            } else {
                RunState::Running
            });
        }
        paused
    }

    /// Somebody else works in Hiver.
    pub fn colleague(&mut self) {
        let status = self
            .dice
            .pick(&[Status::Open, Status::Pending, Status::Closed]);
        let assignee = self.dice.pick(&[Assignee::Nobody, somebody("u_ben")]);
        let at = usize::from(self.dice.once_in(2));
        self.hiver[at].status = status;
        self.hiver[at].assignee = assignee.unwrap_or_default();
    }
}
