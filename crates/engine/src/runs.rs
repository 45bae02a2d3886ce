//! Plans and runs as pages see them, and what a person may do to them.

use store::{ChangeRow, Error, Run, RunLane};
use triage::model::{ConversationId, RunId};
use triage::outcome::{Outcome, RunState, Tally};
use triage::plan::{Price, price};

use crate::Engine;
use crate::day::Forecast;
use crate::executor::CANCELLED_IN_DOUBT;
use crate::live::Live;

/// Up to so many requests a run goes ahead of everything, like any click.
const CLICK_REQUESTS: u64 = 20;

/// A plan, with a page of its changes.
#[derive(Debug)]
pub struct Preview {
    /// The plan.
    pub run: Run,
    /// What it costs now.
    pub price: Price,
    /// When it would end if it were started now, after the runs that wait already.
    pub forecast: Forecast,
    /// Conversations of the plan that changed in the mirror since it was made.
    pub stale: usize,
    /// Runs that are not at their end and have something to come for conversations of the plan, with how many.
    pub meets: Vec<(RunId, u64)>,
    /// The changes of the conversations on the page.
    pub changes: Vec<ChangeRow>,
    /// The changes of the first conversations in which everything already is so.
    pub already: Vec<ChangeRow>,
}

/// How a run stands.
#[derive(Debug)]
pub struct RunStatus {
    /// The run.
    pub run: Run,
    /// Its changes by outcome.
    pub tally: Tally,
    /// Requests per second over the last seconds, while it is being sent.
    pub per_second: Option<f64>,
    /// Whether fewer requests leave than allowed for a while, after Hiver asked to slow down.
    pub slowed: bool,
    /// Whether Hiver has trouble right now, so that nobody knows how long it will take.
    pub held_up: bool,
    /// How long what remains will take at the allowed rate, in seconds.
    pub seconds_left: f64,
    /// When it will end, the day's limit and the runs before it considered; nothing while it is paused or over.
    pub forecast: Option<Forecast>,
    /// Requests that what remains will take.
    pub requests_left: u64,
    /// Waiting runs that go before this one, which waits too.
    pub waiting_before: u64,
}

/// A run, with a page of its changes.
#[derive(Debug)]
pub struct RunPage {
    /// How it stands.
    pub status: RunStatus,
    /// Why changes failed or are uncertain, with counts.
    pub problems: Vec<(Outcome, String, u64)>,
    /// The changes on the page.
    pub changes: Vec<ChangeRow>,
    /// How many changes there are on all pages.
    pub matching: u64,
}

impl Engine {
    /// The plan of that number, with the changes of the conversations from `offset` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn preview(
        &self,
        id: RunId,
        offset: u64,
        limit: u64,
    ) -> Result<Option<Preview>, Error> {
        let Some(run) = self.own_run(id).await? else {
            return Ok(None);
        };
        let changing = run.facts.summary.will_change;
        let from = offset.min(changing);
        let changes = self
            .store()
            .changes_by_conversation(id, from, limit.min(changing - from))
            .await?;
        let already = match run.facts.summary.already {
            0 => Vec::new(),
            some => {
                self.store()
                    .changes_by_conversation(id, changing, some.min(limit))
                    .await?
            }
        };
        let used = self.requests_today().await?;
        let per_day = self.config().requests_per_day;
        let lane = lane_for(run.facts.summary.requests);
        let before = self.before(lane, None).await?.requests;
        Ok(Some(Preview {
            price: price(
                run.facts.summary.requests,
                self.allowed_per_second(),
                per_day,
                used,
            ),
            forecast: self.forecast(lane, before + run.facts.summary.requests),
            meets: if run.state == RunState::Preview {
                self.store().meets(run.connection, id).await?
            } else {
                Vec::new()
            },
            stale: if run.state == RunState::Preview {
                self.stale(&run).await?
            } else {
                0
            },
            run,
            changes,
            already,
        }))
    }

    /// On how many conversations of a plan that rules made the same rules have acted since: it cannot be confirmed any
    /// more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overtaken(&self, id: RunId) -> Result<u64, Error> {
        self.store().overtaken(id).await
    }

    /// How many conversations of a plan changed in the mirror since it was made, or were acted on by the same rules.
    async fn stale(&self, run: &Run) -> Result<usize, Error> {
        let changed: Vec<ConversationId> = {
            let mirror = self.mirror().read();
            mirror
                .rows
                .values()
                .filter(|row| row.conversation.last_changed > run.created_at)
                .map(|row| row.conversation.id.clone())
                .collect()
        };
        let changed = self.store().count_planned(run.id, &changed).await?;
        let overtaken = self.store().overtaken(run.id).await?;
        Ok(changed.max(usize::try_from(overtaken).unwrap_or(usize::MAX)))
    }

    /// Confirms a plan; `false` when there is none of that number, or it was [overtaken](Self::overtaken). Confirming
    /// twice starts one run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm(&self, id: RunId) -> Result<bool, Error> {
        let Some(run) = self.own_run(id).await? else {
            return Ok(false);
        };
        if run.state == RunState::Reading {
            return Ok(false);
        }
        let lane = lane_for(run.facts.summary.requests);
        // Nothing is decided between what rules do in it and that being known.
        let _deciding = match run.chain.is_empty() {
            true => None,
            false => Some(self.0.rules.deciding.lock().await),
        };
        let now = self.now();
        let day = self.day_of(now);
        let confirmed = self.store().confirm_run(id, lane, now, &day).await?;
        if !confirmed && run.state == RunState::Preview && self.overtaken(id).await? > 0 {
            return Ok(false);
        }
        if confirmed {
            tracing::info!(run = %id, "run confirmed");
            if !run.chain.is_empty() {
                self.remember_acts_of(run.connection, id).await?;
            }
            self.call_to_work();
            self.tell(Live::Run(id));
        }
        Ok(true)
    }

    /// Asks a run to stop before its next request; `false` when it was at its end already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel(&self, id: RunId) -> Result<bool, Error> {
        let Some(run) = self.own_run(id).await? else {
            return Ok(false);
        };
        if run.state == RunState::Reading {
            let given_up = self.store().give_up_undo(id).await?;
            self.tell(Live::Run(id));
            return Ok(given_up);
        }
        let asked = self.store().request_cancel(id).await?;
        if asked {
            tracing::info!(run = %id, "run asked to stop");
            // A run that is being sent is ended by whoever sends it; any other is ended here and now.
            self.with_activity(|activity| activity.halt(id));
            self.store()
                .cancel_idle_run(id, CANCELLED_IN_DOUBT, self.now())
                .await?;
            self.tell(Live::Run(id));
        }
        Ok(asked)
    }

    /// How the run of that number stands, or the plan that it still is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run_status(&self, id: RunId) -> Result<Option<RunStatus>, Error> {
        match self.own_run(id).await? {
            Some(run) => self.stand(run).await.map(Some),
            None => Ok(None),
        }
    }

    /// The run of that number with a page of its changes, of one outcome where one is named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run_page(
        &self,
        id: RunId,
        outcome: Option<Outcome>,
        offset: u64,
        limit: u64,
    ) -> Result<Option<RunPage>, Error> {
        let outcomes: Vec<Outcome> = outcome.into_iter().collect();
        // What the run calls its users and tags is read last: a tag that is made meanwhile has its name then.
        let problems = self.store().problems(id).await?;
        let changes = self.store().changes(id, &outcomes, offset, limit).await?;
        let status = self.run_status(id).await?;
        let Some(status) = status.filter(|status| !status.run.state.is_plan()) else {
            return Ok(None);
        };
        Ok(Some(RunPage {
            problems,
            changes,
            matching: outcome.map_or(status.tally.total(), |outcome| status.tally.get(outcome)),
            status,
        }))
    }

    /// A page of confirmed runs, newest first, and how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs(&self, offset: u64, limit: u64) -> Result<(Vec<RunStatus>, u64), Error> {
        let Some(link) = self.link() else {
            return Ok((Vec::new(), 0));
        };
        let total = self.store().run_count(link.connection.id).await?;
        let mut runs = Vec::new();
        for run in self.store().runs(link.connection.id, offset, limit).await? {
            runs.push(self.stand(run).await?);
        }
        Ok((runs, total))
    }

    async fn stand(&self, run: Run) -> Result<RunStatus, Error> {
        let tally = match (run.state, run.undo_of) {
            (RunState::Reading, Some(of)) => self.reading(run.id, of).await?,
            _ => self.store().tally(run.id).await?,
        };
        let allowed = self.allowed_per_second();
        let rate = self.link().map_or(allowed, |link| {
            link.hiver.pacer().state().current_per_second
        });
        let per_second = self.with_activity(|activity| activity.per_second(run.id));
        let tags_left = run.new_tags.iter().filter(|tag| tag.is_open()).count() as u64;
        let requests_left = tally.remaining() + tags_left;
        let (forecast, waiting_before) = match run.state {
            RunState::Waiting | RunState::Running => {
                let before = self.before(run.lane, Some(run.id)).await?;
                let forecast = self.forecast(run.lane, before.requests + requests_left);
                (Some(forecast), before.waiting)
            }
            _ => (None, 0),
        };
        Ok(RunStatus {
            waiting_before,
            forecast,
            requests_left,
            per_second,
            slowed: rate < allowed * 0.99,
            held_up: self.0.trouble.borrow().is_some(),
            seconds_left: requests_left as f64 / rate,
            tally,
            run,
        })
    }

    /// The plan or run of that number, of the connection in use: those of others are none of its business.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn own_run(&self, id: RunId) -> Result<Option<Run>, Error> {
        let Some(link) = self.link() else {
            return Ok(None);
        };
        let run = self.store().run(id).await?;
        Ok(run.filter(|run| run.connection == link.connection.id))
    }
}

/// How a run of so many requests is sent.
pub(crate) fn lane_for(requests: u64) -> RunLane {
    if requests <= CLICK_REQUESTS {
        RunLane::Click
    } else {
        RunLane::Bulk
    }
}
