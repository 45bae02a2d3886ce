//! `key set`, `check`, `rotate`.

use engine::{Config, Duties, Wish, WishAnswer};
use secrecy::SecretString;

use super::doer::{Doer, start};
use super::place::Place;
use super::{Exit, Stop, failed, now, print_message, secret_from_stdin};
use crate::args::{KeyCommand, Settings};
use crate::data::Rotation;
use crate::{Problem, config};

const STORED: &str = "The key is stored.";
const ROTATED: &str = "The stored key is sealed with a new secret key.";

pub(crate) async fn run(settings: Settings, command: KeyCommand) -> Result<Exit, Stop> {
    let (message, json) = match command {
        KeyCommand::Set { unchecked, json } => {
            let key = given()?;
            let place = Place::open(settings).await?;
            (set(&place, key, !unchecked).await?, json)
        }
        KeyCommand::Check { json } => (check(&Place::open(settings).await?).await?, json),
        KeyCommand::Rotate { json } => (rotate(&Place::open(settings).await?).await?, json),
    };
    print_message(&message, json)?;
    Ok(Exit::Done)
}

fn given() -> Result<SecretString, Problem> {
    let given = secret_from_stdin()?.map(|key| key.trim().to_owned());
    given
        .filter(|key| !key.is_empty())
        .map(SecretString::from)
        .ok_or_else(|| {
            "there is no key on standard input\n  hint: `hiver-console key set < FILE`".into()
        })
}

async fn check(place: &Place) -> Result<String, Stop> {
    // An engine that has chosen no run reads and sends next to nothing.
    let duties = Some(Duties::ChosenRuns);
    let done = Doer::with(place, "key check", duties, async |doer| {
        doer.carry_out(Wish::CheckKey).await
    })
    .await?;
    Ok(done.message)
}

async fn set(place: &Place, key: SecretString, check: bool) -> Result<String, Stop> {
    not_the_demos(place)?;
    let config = place.config()?;
    config::check_key("the key", &config.base_url, &key)?;
    Doer::with(place, "key set", None, async |doer| {
        if !doer.is_here() {
            let secret = place.secret_file().in_use(&place.store).await?;
            let wish = Wish::use_key(&key, check, &secret)
                .map_err(|error| Problem::because("the key cannot be sealed", &error))?;
            if let Some(answer) = doer.ask(&wish).await? {
                return done(answer);
            }
        }
        if config.key.is_some() {
            return Err(Problem::from(
                "the key comes from HIVER_API_KEY, which goes before a stored one\n  hint: take it out of the \
                 environment and `.env` first",
            )
            .into());
        }
        let accepted = if check {
            format!("{} ", accepted(place, &config, &key).await?)
        } else {
            String::new()
        };
        store(place, &config, &key).await?;
        Ok(format!("{accepted}{STORED}"))
    })
    .await
}

/// Asks Hiver about a key that is not stored yet; what it says where it accepts it.
async fn accepted(place: &Place, config: &Config, key: &SecretString) -> Result<String, Stop> {
    let config = Config {
        key: Some(key.clone()),
        duties: Duties::ChosenRuns,
        ..config.clone()
    };
    let engine = start(place, config).await?;
    let answer = engine.carry_out(Wish::CheckKey, "").await;
    engine.stop(crate::serve::PATIENCE).await;
    done(answer)
}

/// Stores a key for the connection in use. If it is of another account, reading from Hiver finds out.
async fn store(place: &Place, config: &Config, key: &SecretString) -> Result<(), Problem> {
    let secret = place.secret_file().settle(&place.store).await?;
    let connection = match place.connection().await? {
        Some(connection) => connection,
        None => place
            .store
            .connection(config.dialect.as_str(), &config.identity, "", now())
            .await
            .map_err(failed)?,
    };
    place
        .store
        .set_key(connection.id, key, &secret)
        .await
        .map_err(failed)
}

async fn rotate(place: &Place) -> Result<String, Stop> {
    not_the_demos(place)?;
    Doer::with(place, "key rotate", None, async |doer| {
        if !doer.is_here() {
            let rotation = place.secret_file().begin_rotation()?;
            if let Some(message) = rotate_elsewhere(place, doer, rotation).await? {
                return Ok(message);
            }
        }
        let file = place.secret_file();
        let old = file.settle(&place.store).await?;
        let rotation = file.begin_rotation()?;
        if let Err(error) = place.store.reseal_keys(&old, &rotation.key).await {
            // Either all keys are sealed anew or none.
            let resealed = place.store.opens_keys(&rotation.key).await;
            if !matches!(resealed, Ok(Some(true)) | Err(_)) {
                rotation.give_up()?;
            }
            return Err(Problem::because("the stored key cannot be sealed anew", &error).into());
        }
        rotation.finish()?;
        Ok(ROTATED.to_owned())
    })
    .await
}

/// Has whoever has the folder seal the keys anew; nothing when this process has taken its place.
async fn rotate_elsewhere(
    place: &Place,
    doer: &mut Doer<'_>,
    rotation: Rotation,
) -> Result<Option<String>, Stop> {
    let opens = async |key| place.store.opens_keys(key).await.map_err(failed);
    if opens(&rotation.key).await? == Some(true) {
        // An earlier command did not come to its end, but what it asked for was done.
        rotation.finish()?;
        return Ok(Some(ROTATED.to_owned()));
    }
    let old = place.secret_file().in_use(&place.store).await?;
    let wish = Wish::rotate_secret(&rotation.key, &old)
        .map_err(|error| Problem::because("the new secret key cannot be sealed", &error))?;
    let Some(answer) = doer.ask(&wish).await? else {
        // The new file stays: whether somebody sealed with it is settled by whoever looks next.
        return Ok(None);
    };
    match done(answer) {
        Ok(message) => {
            rotation.finish()?;
            Ok(Some(message))
        }
        Err(refused) => {
            if !rotation.taken_up && opens(&rotation.key).await? != Some(true) {
                rotation.give_up()?;
            }
            Err(refused)
        }
    }
}

fn done(answer: WishAnswer) -> Result<String, Stop> {
    match answer {
        WishAnswer::Done { message, .. } => Ok(message),
        WishAnswer::Rules(_) => Err(Problem::from("the answer is about rules").into()),
        WishAnswer::Refused(why) => Err(Problem::from(why).into()),
    }
}

fn not_the_demos(place: &Place) -> Result<(), Problem> {
    if place.demo {
        return Err("this is the folder of the demo, whose key is its own".into());
    }
    Ok(())
}
