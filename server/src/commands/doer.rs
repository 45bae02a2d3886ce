//! Whoever carries out what a command wishes for.
//!
//! Only the one that holds the folder's lock sends. Where nobody does, this process takes it and starts an engine of
//! its own. Where a server or another command has it, the wish is written into the database, and whoever has the lock
//! answers it. If that one ends in the meantime, this process takes its place.

use std::fs::File;
use std::time::Duration;

use engine::{Config, Duties, Engine, Wish, WishAnswer};
use tokio_util::sync::CancellationToken;
use triage::model::RunId;

use super::place::Place;
use super::progress::Progress;
use super::{Stop, failed, following, now};
use crate::data::Lock;
use crate::serve::PATIENCE;
use crate::{Problem, clock, signals};

/// How often somebody else's work is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Every so many looks the lock is tried.
const LOOKS_PER_TRY: u32 = 5;
/// After so many looks without an answer a person is told who is waited for.
const LOOKS_BEFORE_REMARK: u32 = 15;

/// One that carries out wishes.
pub(crate) struct Doer<'a> {
    pub(crate) place: &'a Place,
    pub(crate) progress: Progress,
    /// What this process is called by those who wait for it.
    name: String,
    /// What an engine of this process does; nothing where none is needed.
    duties: Option<Duties>,
    told_to_stop: CancellationToken,
    /// The folder's lock, where this process has it.
    lock: Option<File>,
    engine: Option<Engine>,
    /// The run that is to be sent by whoever carries out the wish.
    chosen: Option<RunId>,
    /// Who has the folder.
    holder: String,
    looks: u32,
    seen_free: bool,
}

/// What happened in a moment of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing.
    Passed,
    /// The folder became free, and this process has it now.
    TakenOver,
    /// A person wants this command to end.
    Interrupted,
}

/// A wish that was carried out.
pub(crate) struct Done {
    pub(crate) message: String,
    pub(crate) run: Option<RunId>,
    /// What rules that were asked for do, or would do.
    pub(crate) rules: Option<engine::OnDemand>,
}

impl<'a> Doer<'a> {
    /// Does `work` with somebody who carries out wishes, and puts everything away afterwards.
    pub(crate) async fn with<T>(
        place: &'a Place,
        name: &str,
        duties: Option<Duties>,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let mut doer = Self {
            place,
            progress: Progress::new(),
            name: format!("`hiver-console {name}`"),
            duties,
            told_to_stop: signals::told_to_stop(),
            lock: None,
            engine: None,
            chosen: None,
            holder: String::new(),
            looks: 0,
            seen_free: false,
        };
        match place.data.try_lock(&doer.name)? {
            Lock::Ours(lock) => doer.take_place(lock).await?,
            Lock::Theirs(holder) => doer.holder = holder,
        }
        let result = work(&mut doer).await;
        doer.leave().await;
        result
    }

    /// The engine of this process, while it is the one that sends.
    pub(crate) fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// Whether this process has the folder.
    pub(crate) fn is_here(&self) -> bool {
        self.lock.is_some()
    }

    /// Who has the folder, where this process has not.
    pub(crate) fn holder(&self) -> &str {
        &self.holder
    }

    /// Sends this run, too, where this process is the one that sends.
    pub(crate) fn choose(&mut self, run: RunId) {
        self.chosen = Some(run);
        if let Some(engine) = &self.engine {
            engine.choose(run);
        }
    }

    /// Stops what this process does for the folder; answers that are under way are waited for and written down.
    pub(crate) async fn leave(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop(PATIENCE).await;
        }
        self.lock = None;
        self.progress.clear();
    }

    /// Has a wish carried out.
    pub(crate) async fn carry_out(&mut self, wish: Wish) -> Result<Done, Stop> {
        let answered = match &self.engine {
            Some(_) => None,
            None => self.ask(&wish).await?,
        };
        let answer = match (answered, self.engine.clone()) {
            (Some(answer), _) => answer,
            (None, Some(engine)) => self.do_it(&engine, wish).await?,
            (None, None) => return Err(Problem::from("nobody is there to do it").into()),
        };
        done(answer)
    }

    async fn do_it(&mut self, engine: &Engine, wish: Wish) -> Result<WishAnswer, Stop> {
        let author = author();
        let mut answer = std::pin::pin!(engine.carry_out(wish, &author));
        loop {
            tokio::select! {
                biased;
                () = self.told_to_stop.cancelled() => {
                    return Err(Stop::Interrupted("interrupted before it was done".to_owned()));
                }
                answer = &mut answer => return Ok(answer),
                () = tokio::time::sleep(LOOK_EVERY) => {
                    let status = engine.status().await.map_err(failed)?;
                    // What a person has to mend is told by the answer.
                    let passing = status.trouble.filter(|trouble| !trouble.about_key);
                    self.progress.trouble(passing.as_ref());
                    if let Some(reading) = status.sync {
                        self.progress.show(following::reading_line(&reading));
                    }
                }
            }
        }
    }

    /// Asks whoever has the folder; what it says when it has done it, and nothing when that one has ended and this
    /// process has taken its place.
    pub(crate) async fn asks(&mut self, wish: &Wish) -> Result<Option<Done>, Stop> {
        self.ask(wish).await?.map(done).transpose()
    }

    /// Asks whoever has the folder; nothing when that one has ended and this process has taken its place.
    pub(crate) async fn ask(&mut self, wish: &Wish) -> Result<Option<WishAnswer>, Stop> {
        let text = serde_json::to_string(wish)
            .map_err(|error| Problem::because("the wish cannot be written down", &error))?;
        let store = &self.place.store;
        let id = store
            .add_wish(text, &author(), now())
            .await
            .map_err(failed)?;
        let begun = self.looks;
        loop {
            if let Some(answer) = self.answer(id).await? {
                return Ok(Some(answer));
            }
            let moment = self.moment().await;
            if matches!(moment, Ok(Moment::Passed)) {
                if self.looks - begun == LOOKS_BEFORE_REMARK {
                    self.progress.say(&format!(
                        "waiting for {}, which has the folder",
                        self.holder
                    ));
                }
                continue;
            }
            let taken_back = store.take_wish_back(id).await.map_err(failed)?;
            return match moment? {
                _ if !taken_back => self.answer(id).await.map_err(Stop::from),
                Moment::Interrupted => Err(Stop::Interrupted(
                    "interrupted before there was an answer".to_owned(),
                )),
                Moment::Passed | Moment::TakenOver => Ok(None),
            };
        }
    }

    async fn answer(&self, id: i64) -> Result<Option<WishAnswer>, Problem> {
        let text = self.place.store.wish_answer(id).await.map_err(failed)?;
        text.map(|text| {
            serde_json::from_str(&text)
                .map_err(|error| Problem::because("the answer cannot be read", &error))
        })
        .transpose()
    }

    /// Lets a moment pass, and sees whether the folder has become free.
    pub(crate) async fn moment(&mut self) -> Result<Moment, Problem> {
        tokio::select! {
            biased;
            () = self.told_to_stop.cancelled() => return Ok(Moment::Interrupted),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        self.looks = self.looks.wrapping_add(1);
        if self.is_here() || !self.looks.is_multiple_of(LOOKS_PER_TRY) {
            return Ok(Moment::Passed);
        }
        match self.place.data.try_lock(&self.name)? {
            Lock::Ours(lock) if self.seen_free => {
                self.take_place(lock).await?;
                Ok(Moment::TakenOver)
            }
            // A server that is started again leaves it free for an instant.
            Lock::Ours(_) => {
                self.seen_free = true;
                Ok(Moment::Passed)
            }
            Lock::Theirs(holder) => {
                self.seen_free = false;
                self.holder = holder;
                Ok(Moment::Passed)
            }
        }
    }

    /// This process is now the one that sends.
    async fn take_place(&mut self, lock: File) -> Result<(), Problem> {
        if self.place.demo {
            return Err(
                "the demo is not running, and only its own simulator may get what is in this folder\n  \
                 hint: start it with `hiver-console demo`"
                    .into(),
            );
        }
        if let Some(duties) = self.duties {
            let engine = start(
                self.place,
                Config {
                    duties,
                    ..self.place.config()?
                },
            )
            .await?;
            if !engine.has_key() {
                engine.stop(PATIENCE).await;
                return Err(no_key());
            }
            if let Some(run) = self.chosen {
                engine.choose(run);
            }
            self.engine = Some(engine);
        }
        self.lock = Some(lock);
        Ok(())
    }
}

fn done(answer: WishAnswer) -> Result<Done, Stop> {
    match answer {
        WishAnswer::Done { message, run } => Ok(Done {
            message,
            run,
            rules: None,
        }),
        WishAnswer::Rules(report) => Ok(Done {
            message: String::new(),
            run: None,
            rules: Some(*report),
        }),
        WishAnswer::Refused(why) => Err(Problem::from(why).into()),
    }
}

/// Starts an engine on a folder whose lock this process has.
pub(crate) async fn start(place: &Place, config: Config) -> Result<Engine, Problem> {
    let secret = place.secret_file().settle(&place.store).await?;
    Engine::start(place.store.clone(), secret, clock::clock(), config)
        .await
        .map_err(|error| Problem::because("the work cannot be begun", &error))
}

pub(crate) fn no_key() -> Problem {
    "there is no key for Hiver\n  hint: set one with `hiver-console key set`, or give it as HIVER_API_KEY".into()
}

/// Who wishes, as it is written into the database.
pub(crate) fn author() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|variable| {
        let name = std::env::var(variable).ok()?;
        let fits = !name.is_empty() && name.len() <= 64 && !name.chars().any(char::is_control);
        fits.then_some(name)
    });
    named.map_or_else(
        || "command line".to_owned(),
        |name| format!("command line ({name})"),
    )
}
