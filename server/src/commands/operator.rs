//! `operator add`, `list`, `remove`, `passwd`.

use engine::Clock;
use store::{NewOperator, Store};

use super::{print, secret_from_stdin};
use crate::args::{OperatorCommand, Settings};
use crate::data::DataDir;
use crate::{Problem, passwords};

pub(crate) async fn run(settings: Settings, command: OperatorCommand) -> Result<(), Problem> {
    let store = DataDir::open(&settings.data_dir)?.store(&settings).await?;
    match command {
        OperatorCommand::Add { name, role, json } => {
            let name = checked_name(&name)?;
            let (password, made) = password()?;
            let new = NewOperator {
                name: name.clone(),
                role,
                password_hash: passwords::hash(password.clone()).await?,
                created_at: Clock::system().now(),
            };
            if store.add_operator(new).await.map_err(failed)?.is_none() {
                return Err(format!("there is an operator `{name}` already").into());
            }
            let shown = made.then_some(password.as_str());
            if json {
                let value = serde_json::json!({ "name": name, "role": role, "password": shown });
                return print(&value.to_string());
            }
            print(&format!("Added {name}, {role}."))?;
            shown.map_or(Ok(()), |password| print(&format!("Password: {password}")))
        }
        OperatorCommand::List { json } => list(&store, json).await,
        OperatorCommand::Remove { name } => {
            if !store.remove_operator(&name).await.map_err(failed)? {
                return Err(nobody(&name));
            }
            print(&format!("Removed {name}."))
        }
        OperatorCommand::Passwd { name } => {
            let (password, made) = password()?;
            let hash = passwords::hash(password.clone()).await?;
            if !store.set_password(&name, hash).await.map_err(failed)? {
                return Err(nobody(&name));
            }
            print(&format!("{name} has a new password."))?;
            if made {
                print(&format!("Password: {password}"))
            } else {
                Ok(())
            }
        }
    }
}

async fn list(store: &Store, json: bool) -> Result<(), Problem> {
    let operators = store.operators().await.map_err(failed)?;
    if json {
        let operators: Vec<_> = operators
            .iter()
            .map(|operator| serde_json::json!({ "name": operator.name, "role": operator.role }))
            .collect();
        return print(&serde_json::Value::from(operators).to_string());
    }
    for operator in operators {
        print(&format!("{}\t{}", operator.name, operator.role))?;
    }
    Ok(())
}

/// A name that can be shown and typed.
pub(crate) fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let length = name.chars().count();
    if !(1..=100).contains(&length) || name.chars().any(char::is_control) {
        return Err("a name has 1 to 100 characters".into());
    }
    Ok(name.to_owned())
}

/// The password from standard input, or a new one; `true` says that it was made here.
fn password() -> Result<(String, bool), Problem> {
    let Some(given) = secret_from_stdin()? else {
        return Ok((passwords::make(), true));
    };
    if given.chars().count() < passwords::SHORTEST {
        return Err(format!("a password has at least {} characters", passwords::SHORTEST).into());
    }
    Ok((given, false))
}

fn nobody(name: &str) -> Problem {
    format!(
        "there is no operator `{name}`\n  hint: `hiver-console operator list` shows who there is"
    )
    .into()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the function that `map_err` takes"
)]
fn failed(error: store::Error) -> Problem {
    Problem::because("the database failed", &error)
}
