//! `sync`: reading from Hiver now.

use engine::{Duties, Wish};

use super::doer::Doer;
use super::place::Place;
use super::{Exit, Stop, print_message};
use crate::args::{Settings, SyncCommand};

pub(crate) async fn run(settings: Settings, command: SyncCommand) -> Result<Exit, Stop> {
    let place = Place::open(settings).await?;
    let wish = Wish::Sync {
        mailbox: command.mailbox,
        patient: !command.once,
    };
    let done = Doer::with(&place, "sync", Some(Duties::Reading), async |doer| {
        doer.carry_out(wish).await
    })
    .await?;
    print_message(&done.message, command.json)?;
    Ok(Exit::Done)
}
