//! What other processes, the command line above all, ask of the one that sends.
//!
//! They write it into the database and watch for the answer; with no server running they take its place and call
//! [`Engine::carry_out`] themselves. A wish that nobody waits for any more is not carried out.

mod rules;

use std::collections::HashSet;
use std::time::Duration;

use routing::model::RuleSet;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use store::{ConnectionId, Decision, SecretKey};
use triage::model::{MailboxId, RunId};
use triage::outcome::RunState;

use crate::status::Trouble;
use crate::sync::chain;
use crate::{CheckedKey, Duties, Engine, OnDemand, UseKeyError};

pub use self::rules::rules_saved;

/// How often the database is asked for wishes.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A wish that is older was given up by whoever had it.
const TOO_OLD_MS: i64 = 60_000;
/// What secrets in a wish are sealed for.
const IDENTITY: &str = "wish";
const NO_KEY: &str = "there is no key\n  hint: set one with `hiver-console key set`";

/// Something that another process asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Wish {
    /// Start a planned run.
    Start {
        /// Its number.
        run: RunId,
    },
    /// Let a run go on.
    Resume {
        /// Its number.
        run: RunId,
    },
    /// Stop a run before its next request.
    Cancel {
        /// Its number.
        run: RunId,
    },
    /// Try again what failed in a run.
    Retry {
        /// Its number.
        run: RunId,
    },
    /// Prepare the undo of a run.
    Undo {
        /// Its number.
        run: RunId,
    },
    /// Save rules as a new version.
    SaveRules {
        /// The connection whose rules these are.
        connection: ConnectionId,
        /// The version that was edited; 0 where there was none.
        base: i32,
        /// The rules.
        rules: RuleSet,
        /// Why, where they were not just edited.
        note: String,
    },
    /// Have the rules that run on demand look at all conversations, or at those of one mailbox.
    RunRules {
        /// The mailbox, by id.
        mailbox: Option<String>,
        /// What tells this wish from others, so that it is not done twice; nothing where it is only to be told what
        /// they would do.
        name: Option<String>,
    },
    /// Read the mirror again, or one mailbox.
    Sync {
        /// The mailbox, by id.
        mailbox: Option<String>,
        /// Whether trouble that passes by itself is waited out.
        patient: bool,
    },
    /// Ask Hiver whether it accepts the key in use.
    CheckKey,
    /// Store another key and use it.
    UseKey {
        /// The key, sealed, in hexadecimal digits.
        sealed: String,
        /// Whether Hiver is asked first.
        check: bool,
    },
    /// Seal stored keys with another secret key.
    RotateSecret {
        /// The new secret key, sealed with the one in use, in hexadecimal digits.
        sealed: String,
    },
}

/// What became of a wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WishAnswer {
    /// It was carried out.
    Done {
        /// In words.
        message: String,
        /// The run it is about.
        run: Option<RunId>,
    },
    /// Rules were run, or would do this.
    Rules(Box<OnDemand>),
    /// It was not, for this reason.
    Refused(String),
}

impl WishAnswer {
    fn done(message: impl Into<String>, run: Option<RunId>) -> Self {
        Self::Done {
            message: message.into(),
            run,
        }
    }

    /// Refused because of a trouble. What the console does about it by itself is no help to somebody who waits for
    /// an answer.
    fn refused(trouble: Trouble) -> Self {
        let Trouble {
            message, remedy, ..
        } = trouble;
        Self::Refused(if remedy.contains("by itself") {
            message
        } else {
            format!("{message}\n  hint: {remedy}")
        })
    }
}

/// Seals a secret to be carried in a wish.
///
/// # Errors
/// When the system gives no randomness.
pub(crate) fn seal(
    secret: &secrecy::SecretString,
    with: &SecretKey,
) -> Result<String, store::SealError> {
    let sealed = with.seal(secret, IDENTITY)?;
    Ok(sealed.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn open(sealed: &str, with: &SecretKey) -> Option<secrecy::SecretString> {
    let bytes: Option<Vec<u8>> = (0..sealed.len() / 2)
        .map(|index| u8::from_str_radix(sealed.get(index * 2..index * 2 + 2)?, 16).ok())
        .collect();
    with.open(&bytes?, IDENTITY).ok()
}

impl Wish {
    /// The wish to use another key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn use_key(
        key: &secrecy::SecretString,
        check: bool,
        with: &SecretKey,
    ) -> Result<Self, store::SealError> {
        let sealed = seal(key, with)?;
        Ok(Self::UseKey { sealed, check })
    }

    /// The wish to seal stored keys with another secret key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn rotate_secret(new: &SecretKey, with: &SecretKey) -> Result<Self, store::SealError> {
        let sealed = seal(&new.to_hex(), with)?;
        Ok(Self::RotateSecret { sealed })
    }
}

impl Engine {
    /// Does what was wished for, for `author`.
    pub async fn carry_out(&self, wish: Wish, author: &str) -> WishAnswer {
        match self.try_to_carry_out(wish, author).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(error = %chain(&error), "a wish could not be carried out");
                WishAnswer::Refused(format!("it could not be done: {}", chain(&error)))
            }
        }
    }

    async fn try_to_carry_out(&self, wish: Wish, author: &str) -> Result<WishAnswer, store::Error> {
        let refused = |message: String| Ok(WishAnswer::Refused(message));
        match wish {
            Wish::Start { run } => match self.confirm(run).await? {
                true => Ok(WishAnswer::done(
                    format!("Run {run} is started."),
                    Some(run),
                )),
                false => refused(self.why_not(run, "it is started already").await?),
            },
            Wish::Resume { run } => self.wish_to_resume(run).await,
            Wish::Cancel { run } => match self.cancel(run).await? {
                true => Ok(WishAnswer::done(
                    format!("Run {run} is asked to stop."),
                    Some(run),
                )),
                false => refused(self.why_not(run, "it is over already").await?),
            },
            Wish::Retry { run } => match self.decide(run, None, Decision::Retry, author).await? {
                0 => refused(self.why_not(run, "nothing failed in it").await?),
                changes => Ok(WishAnswer::done(
                    format!("{changes} of run {run} are tried again."),
                    Some(run),
                )),
            },
            Wish::Undo { run } => match self.undo(run, author).await? {
                Some(undo) => Ok(WishAnswer::done(
                    format!("The undo of run {run} is being prepared as run {undo}."),
                    Some(undo),
                )),
                None => refused(
                    self.why_not(run, "it is not over yet, or it changed nothing")
                        .await?,
                ),
            },
            Wish::SaveRules {
                connection,
                base,
                rules,
                note,
            } => {
                let own = self.mirror().connection();
                if own.is_some_and(|own| own != connection) {
                    return refused("the running server works with another Hiver".to_owned());
                }
                self.wish_to_save_rules(author, base, rules, &note).await
            }
            Wish::RunRules { mailbox, name } => self.wish_to_run_rules(mailbox, name).await,
            Wish::Sync { mailbox, patient } => Ok(self.wish_to_sync(mailbox, patient).await),
            Wish::CheckKey => Ok(match self.check_key_in_use().await {
                None => WishAnswer::Refused(NO_KEY.to_owned()),
                Some(CheckedKey::Refused(trouble)) => WishAnswer::refused(trouble),
                Some(CheckedKey::Accepted(mailboxes)) => {
                    // Where it had been refused, reading and runs go on.
                    if self.0.trouble.borrow().is_some() {
                        self.refresh();
                    }
                    WishAnswer::done(opens(&mailboxes), None)
                }
            }),
            Wish::UseKey { sealed, check } => Ok(self.wish_to_use_key(&sealed, check).await),
            Wish::RotateSecret { sealed } => {
                let new = open(&sealed, &self.secret())
                    .and_then(|digits| SecretKey::from_hex(digits.expose_secret()).ok());
                let Some(new) = new else {
                    return refused("it was sealed with another secret key".to_owned());
                };
                self.rotate_secret(new).await?;
                Ok(WishAnswer::done(
                    "The stored key is sealed with a new secret key.",
                    None,
                ))
            }
        }
    }

    async fn wish_to_resume(&self, run: RunId) -> Result<WishAnswer, store::Error> {
        if self.resume(run).await? {
            return Ok(WishAnswer::done(format!("Run {run} goes on."), Some(run)));
        }
        match self.own_run(run).await? {
            Some(found) if found.state == RunState::Paused => {
                Ok(WishAnswer::Refused(found.pause_reason.unwrap_or_else(
                    || "Hiver does not accept the key".to_owned(),
                )))
            }
            Some(found) if !found.state.is_over() && !found.state.is_plan() => Ok(
                WishAnswer::done(format!("Run {run} was not paused."), Some(run)),
            ),
            _ => Ok(WishAnswer::Refused(
                self.why_not(run, "it is over already").await?,
            )),
        }
    }

    async fn wish_to_sync(&self, mailbox: Option<String>, patient: bool) -> WishAnswer {
        if !self.has_key() {
            return WishAnswer::Refused(NO_KEY.to_owned());
        }
        let over = self.link().and_then(|link| link.no_reading_for(self.now()));
        if let Some(wait) = over.filter(|_| !patient) {
            return WishAnswer::refused(crate::words::no_reading(wait));
        }
        let only = mailbox.map(MailboxId::from);
        let trouble = if patient {
            self.refresh_until_read(only.clone()).await
        } else {
            self.refresh_and_wait(only.clone()).await
        };
        match (trouble, only) {
            (Some(trouble), _) => WishAnswer::refused(trouble),
            // Only now it is known which there are.
            (None, Some(only)) if self.mirror().read().directory.mailbox(&only).is_none() => {
                WishAnswer::Refused(self.no_mailbox(&only))
            }
            (None, _) => {
                let conversations = self.mirror().read().rows.len() as u64;
                WishAnswer::done(
                    format!(
                        "The mirror is up to date: {}.",
                        triage::text::plural(conversations, "conversation")
                    ),
                    None,
                )
            }
        }
    }

    async fn wish_to_use_key(&self, sealed: &str, check: bool) -> WishAnswer {
        let Some(key) = open(sealed, &self.secret()) else {
            return WishAnswer::Refused("it was sealed with another secret key".to_owned());
        };
        if self.config().key.is_some() {
            return WishAnswer::Refused(
                "the key comes from HIVER_API_KEY, which goes before a stored one".to_owned(),
            );
        }
        let mut message = "The key is stored.".to_owned();
        if check {
            match self.check_key(key.clone()).await {
                CheckedKey::Accepted(mailboxes) => {
                    message = format!("{} The key is stored.", opens(&mailboxes));
                }
                CheckedKey::Refused(trouble) => return WishAnswer::refused(trouble),
            }
        }
        match self.use_key(key).await {
            Ok(()) => WishAnswer::done(message, None),
            Err(error @ (UseKeyError::FromEnvironment | UseKeyError::Settings(_))) => {
                WishAnswer::Refused(chain(&error))
            }
            Err(UseKeyError::Store(error)) => WishAnswer::Refused(chain(&error)),
        }
    }

    fn no_mailbox(&self, only: &MailboxId) -> String {
        let mirror = self.mirror().read();
        let known = mirror.directory.mailboxes.iter();
        let known: Vec<String> = known
            .map(|mailbox| format!("`{}` ({})", mailbox.id, mailbox.name))
            .collect();
        format!(
            "there is no mailbox `{only}`\n  hint: there are {}",
            known.join(", ")
        )
    }

    async fn why_not(&self, run: RunId, otherwise: &str) -> Result<String, store::Error> {
        if !self.has_key() {
            return Ok(NO_KEY.to_owned());
        }
        Ok(match self.own_run(run).await? {
            None => format!("there is no run {run}"),
            Some(found) if found.state == RunState::Reading => {
                format!("{run} is an undo that is still being prepared")
            }
            Some(found) if found.state.is_plan() => match self.overtaken(run).await? {
                0 => format!("{run} is a plan that nobody has started"),
                count => format!(
                    "nothing was started: the same rules have acted on {} of plan {run} since it was made\n  hint: plan \
                     again",
                    triage::text::plural(count, "conversation")
                ),
            },
            Some(found) => format!("run {run} is {}: {otherwise}", found.state),
        })
    }
}

fn opens(mailboxes: &[String]) -> String {
    format!(
        "Hiver accepts the key. It opens {}.",
        triage::text::plural(mailboxes.len() as u64, "mailbox")
    )
}

/// Carries out what others wish for, until the engine stops. One that does not do everything obeys only who wants to
/// stop a run: the rest waits for whoever comes next.
pub(crate) async fn watch(engine: Engine) {
    let mut begun = HashSet::new();
    loop {
        match engine.store().open_wishes().await {
            Ok(wishes) => {
                for wish in wishes {
                    if is_for(engine.config().duties, &wish.wish) && begun.insert(wish.id) {
                        engine.0.tasks.spawn(answer(engine.clone(), wish));
                    }
                }
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "wishes of other processes cannot be read");
            }
        }
        tokio::select! {
            () = engine.0.stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

fn is_for(duties: Duties, wish: &str) -> bool {
    duties == Duties::All || matches!(serde_json::from_str(wish), Ok(Wish::Cancel { .. }))
}

async fn answer(engine: Engine, stored: store::StoredWish) {
    let given_up = engine.now() - stored.created_at > TOO_OLD_MS;
    let answer = match serde_json::from_str(&stored.wish) {
        _ if given_up => WishAnswer::Refused("nobody took it up in time".to_owned()),
        Ok(wish) => engine.carry_out(wish, &stored.author).await,
        Err(_) => WishAnswer::Refused(
            "the running server does not know it: is it of another version?".to_owned(),
        ),
    };
    let text = serde_json::to_string(&answer).unwrap_or_default();
    if let Err(error) = engine
        .store()
        .answer_wish(stored.id, text, engine.now())
        .await
    {
        tracing::error!(error = %chain(&error), "the answer to a wish could not be written");
    }
}
