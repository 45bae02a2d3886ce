//! Tags that a run has to make before it can add them.
//!
//! Hiver takes two tags of one name, and none can be deleted. So the intent is on disk before the request leaves, and
//! where it is not known what became of it, Hiver's tags are looked through by name before another request.

use std::sync::Arc;
use std::time::Duration;

use hiver::{Certainty, Error as HiverError, ErrorKind};
use store::{Error, NewTagState, Run};
use tokio_util::sync::CancellationToken;
use triage::model::Tag;
use triage::outcome::{MAX_ATTEMPTS, backoff};

use super::pace;
use crate::link::Link;
use crate::live::Live;
use crate::sync::chain;
use crate::{Engine, map, words};

/// How making the tags of a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Each is there or has failed, or the run is to stop.
    All,
    /// The key was refused.
    KeyRefused,
    /// Hiver cannot be reached: later.
    Later,
}

/// What became of one try.
enum Tried {
    Found(Tag),
    NotThere,
    /// Not processed; again after so long.
    Again(Duration),
    /// It may have been made.
    Unknown(String),
    Refused(String),
    KeyRefused,
    Unreachable,
}

/// Makes the tags that a run still needs; returns the run as it then is.
pub(super) async fn make(
    engine: &Engine,
    link: &Arc<Link>,
    mut run: Run,
    halt: &CancellationToken,
) -> Result<(Run, Made), Error> {
    let mut attempts = 0;
    while let Some(position) = run.new_tags.iter().position(store::NewTag::is_open) {
        if halt.is_cancelled() || link.stop.is_cancelled() {
            return Ok((run, Made::All));
        }
        let name = run.new_tags[position].name.clone();
        let tried = tokio::select! {
            biased;
            () = halt.cancelled() => continue,
            () = link.stop.cancelled() => continue,
            tried = try_once(engine, link, &mut run, position, attempts) => tried?,
        };
        match tried {
            Tried::Found(tag) => {
                attempts = 0;
                known(engine, &run, &tag).await?;
                run.new_tags[position].state = NewTagState::Made(tag.id.clone());
                engine
                    .store()
                    .tag_made(&run, &run.new_tags, &tag, &name)
                    .await?;
                run.labels.insert(tag.id.to_string(), tag.name.clone());
            }
            Tried::NotThere => {
                run.new_tags[position].state = NewTagState::Waiting;
            }
            Tried::Again(pause) => rest(engine, link, halt, pause).await,
            Tried::Unknown(_) if attempts + 1 < MAX_ATTEMPTS => {
                attempts += 1;
                rest(engine, link, halt, backoff(attempts, rand::random())).await;
            }
            Tried::Unknown(why) | Tried::Refused(why) => {
                attempts = 0;
                let reason = format!("the tag `{name}` could not be made: {why}");
                run.new_tags[position].state = NewTagState::Failed(why);
                engine
                    .store()
                    .tag_not_made(run.id, &run.new_tags, &name, &reason, engine.now())
                    .await?;
            }
            Tried::KeyRefused => return Ok((run, Made::KeyRefused)),
            Tried::Unreachable => return Ok((run, Made::Later)),
        }
        engine.tell(Live::Run(run.id));
    }
    Ok((run, Made::All))
}

async fn try_once(
    engine: &Engine,
    link: &Arc<Link>,
    run: &mut Run,
    position: usize,
    attempts: u32,
) -> Result<Tried, Error> {
    let name = run.new_tags[position].name.clone();
    if run.new_tags[position].state == NewTagState::Sending {
        let found = look_up(link, run, &name).await;
        // After the last attempt, not being there is the end of it.
        return Ok(match found {
            Tried::NotThere if attempts + 1 >= MAX_ATTEMPTS => {
                Tried::Refused("Hiver had an error of its own".to_owned())
            }
            found => found,
        });
    }
    if let Some(tag) = engine.mirror().read().directory.tag_named(&name) {
        return Ok(Tried::Found(tag.clone()));
    }
    run.new_tags[position].state = NewTagState::Sending;
    engine.store().set_new_tags(run.id, &run.new_tags).await?;
    let tried = match link.hiver.on(pace(run.lane)).create_tag(&name).await {
        Ok(tag) => Tried::Found(map::tag(tag)),
        Err(error) => {
            tracing::warn!(run = %run.id, error = %chain(&error), "a tag could not be made");
            after_error(engine, &error)
        }
    };
    if matches!(
        tried,
        Tried::Again(_) | Tried::KeyRefused | Tried::Unreachable
    ) {
        run.new_tags[position].state = NewTagState::Waiting;
        engine.store().set_new_tags(run.id, &run.new_tags).await?;
    }
    Ok(tried)
}

/// Looks through Hiver's tags for a name.
async fn look_up(link: &Arc<Link>, run: &Run, name: &str) -> Tried {
    let wanted = name.trim().to_lowercase();
    match link.hiver.on(pace(run.lane)).tags().collect_all().await {
        Ok(listed) => listed
            .items
            .into_iter()
            .map(map::tag)
            .find(|tag| tag.name.trim().to_lowercase() == wanted)
            .map_or(Tried::NotThere, Tried::Found),
        Err(error) => match error.kind() {
            ErrorKind::Unauthorized { .. } => Tried::KeyRefused,
            ErrorKind::NeverSent { .. } => Tried::Unreachable,
            ErrorKind::RateLimited { .. } => Tried::Again(Duration::ZERO),
            other => Tried::Unknown(other.to_string()),
        },
    }
}

fn after_error(engine: &Engine, error: &HiverError) -> Tried {
    match error.kind() {
        // The pacer holds.
        ErrorKind::RateLimited { .. } => Tried::Again(Duration::ZERO),
        ErrorKind::Unauthorized { .. } => {
            engine.set_trouble(Some(words::trouble(error)));
            Tried::KeyRefused
        }
        ErrorKind::NeverSent { .. } => {
            engine.set_trouble(Some(words::trouble(error)));
            Tried::Unreachable
        }
        other => match error.certainty() {
            Certainty::NotDone => Tried::Refused(other.to_string()),
            Certainty::Unknown => Tried::Unknown(other.to_string()),
        },
    }
}

/// Takes the tag into the mirror.
async fn known(engine: &Engine, run: &Run, tag: &Tag) -> Result<(), Error> {
    let mut tags = engine.mirror().read().directory.tags.clone();
    if tags.iter().all(|one| one.id != tag.id) {
        tags.push(tag.clone());
        engine.store().save_tags(run.connection, &tags).await?;
        engine.mirror().set_tags(run.connection, tags);
        engine.tell(Live::Mirror);
    }
    Ok(())
}

async fn rest(engine: &Engine, link: &Arc<Link>, halt: &CancellationToken, pause: Duration) {
    tokio::select! {
        () = halt.cancelled() => {}
        () = link.stop.cancelled() => {}
        () = tokio::time::sleep(engine.patience().of(pause)) => {}
    }
}
