//! `operator add`, `list`, `remove`, `passwd`, `disable`, `enable`, `role`.

use engine::Clock;
use serde_json::{Value, json};
use store::{NewOperator, Operator, OperatorChange, Store};

use super::{print, secret_from_stdin};
use crate::args::{OperatorCommand, Settings};
use crate::data::DataDir;
use crate::{Problem, passwords};

pub(crate) async fn run(settings: Settings, command: OperatorCommand) -> Result<(), Problem> {
    let store = DataDir::open(&settings.data_dir)?.store(&settings).await?;
    let done = match command {
        OperatorCommand::Add { name, role, json } => {
            let name = checked_name(&name)?;
            let given = password()?;
            let new = NewOperator {
                name: name.clone(),
                role,
                password_hash: passwords::hash(given.password.clone()).await?,
                created_at: Clock::system().now(),
            };
            let Some(added) = store.add_operator(new).await.map_err(failed)? else {
                return Err(format!("there is an operator `{name}` already").into());
            };
            Done {
                json,
                text: given.after(format!("Added {name}, {role}.")),
                value: given.beside(shown(&added)),
            }
        }
        OperatorCommand::List { json } => return list(&store, json).await,
        OperatorCommand::Remove { name, json } => {
            carried_out(&name, store.remove_operator(&name).await)?;
            Done {
                json,
                text: format!("Removed {name}."),
                value: json!({ "name": name, "removed": true }),
            }
        }
        OperatorCommand::Passwd { name, json } => {
            let given = password()?;
            let hash = passwords::hash(given.password.clone()).await?;
            if !store.set_password(&name, hash).await.map_err(failed)? {
                return Err(nobody(&name));
            }
            Done {
                json,
                text: given.after(format!("{name} has a new password.")),
                value: given.beside(now(&store, &name).await?),
            }
        }
        OperatorCommand::Disable { name, json } => {
            carried_out(&name, store.set_disabled(&name, true).await)?;
            Done {
                json,
                text: format!("{name} is disabled."),
                value: now(&store, &name).await?,
            }
        }
        OperatorCommand::Enable { name, json } => {
            carried_out(&name, store.set_disabled(&name, false).await)?;
            Done {
                json,
                text: format!("{name} is enabled."),
                value: now(&store, &name).await?,
            }
        }
        OperatorCommand::Role { name, role, json } => {
            carried_out(&name, store.set_role(&name, role).await)?;
            Done {
                json,
                text: format!("{name} has the role {role} now."),
                value: now(&store, &name).await?,
            }
        }
    };
    if done.json {
        print(&done.value.to_string())
    } else {
        print(&done.text)
    }
}

/// What was done, for people and for programs.
struct Done {
    json: bool,
    text: String,
    value: Value,
}

async fn list(store: &Store, json: bool) -> Result<(), Problem> {
    let operators = store.operators().await.map_err(failed)?;
    if json {
        let operators: Vec<Value> = operators.iter().map(shown).collect();
        return print(&Value::from(operators).to_string());
    }
    for operator in operators {
        let state = if operator.disabled { "\tdisabled" } else { "" };
        print(&format!("{}\t{}{state}", operator.name, operator.role))?;
    }
    Ok(())
}

/// An operator as programs read them; `signed_in_at` in milliseconds since 1970.
fn shown(operator: &Operator) -> Value {
    json!({
        "name": operator.name,
        "role": operator.role,
        "disabled": operator.disabled,
        "signed_in_at": operator.signed_in_at,
    })
}

/// An operator as they are after a change.
async fn now(store: &Store, name: &str) -> Result<Value, Problem> {
    let operator = store.operator_named(name).await.map_err(failed)?;
    operator.as_ref().map(shown).ok_or_else(|| nobody(name))
}

fn carried_out(name: &str, became: Result<OperatorChange, store::Error>) -> Result<(), Problem> {
    match became.map_err(failed)? {
        OperatorChange::Done => Ok(()),
        OperatorChange::Nobody => Err(nobody(name)),
        OperatorChange::LastAdmin => Err(format!(
            "`{name}` is the last active admin, so nothing was changed\n  \
             hint: make somebody else an admin first: `hiver-console operator role NAME --role admin`"
        )
        .into()),
    }
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

/// A password that is given to somebody.
struct Given {
    password: String,
    /// Whether it was made here, so that it has to be printed.
    made: bool,
}

impl Given {
    fn after(&self, text: String) -> String {
        if self.made {
            format!("{text}\nPassword: {}", self.password)
        } else {
            text
        }
    }

    fn beside(&self, mut operator: Value) -> Value {
        operator["password"] = self.made.then_some(self.password.as_str()).into();
        operator
    }
}

/// The password from standard input, or a new one.
fn password() -> Result<Given, Problem> {
    let Some(given) = secret_from_stdin()? else {
        return Ok(Given {
            password: passwords::make(),
            made: true,
        });
    };
    if !passwords::is_long_enough(&given) {
        return Err(format!("a password has at least {} characters", passwords::SHORTEST).into());
    }
    Ok(Given {
        password: given,
        made: false,
    })
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
