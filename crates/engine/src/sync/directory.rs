//! Reading mailboxes, users and tags.

use std::collections::HashSet;
use std::sync::Arc;

use hiver::{Lane, SkippedRow};
use triage::model::{Mailbox, MailboxId};

use super::SyncError;
use crate::link::{Adopted, Link};
use crate::live::Live;
use crate::{Engine, map, words};

/// Reads mailboxes, users and tags; nothing when the link is of another account and therefore over.
pub(super) async fn read_directory(
    engine: &Engine,
    link: &Arc<Link>,
) -> Result<Option<Vec<Mailbox>>, SyncError> {
    let connection = link.connection.id;
    let on = link.hiver.on(Lane::Sync);
    let known = || {
        let mirror = engine.mirror().read();
        let mut directory = mirror.directory.clone();
        directory.mailboxes.extend(mirror.left_out.iter().cloned());
        directory
    };

    let mailboxes = on.mailboxes().collect_all().await?;
    report(&mailboxes.skipped, "mailboxes");
    let skipped = !mailboxes.skipped.is_empty();
    let listed: Vec<Mailbox> = mailboxes.items.into_iter().map(map::mailbox).collect();
    match engine.adopt(link, &listed).await? {
        Adopted::Here => {}
        Adopted::Elsewhere => return Ok(None),
        Adopted::NothingToSee => return Err(SyncError::Trouble(words::nothing_to_see())),
    }
    engine.set_trouble(None);
    let mailboxes = keep_unread(listed, known().mailboxes, skipped, |one| one.id.as_str());
    let is_listed = |id: &MailboxId| mailboxes.iter().any(|mailbox| mailbox.id == *id);
    for gone in known().mailboxes {
        if !is_listed(&gone.id) {
            tracing::info!(mailbox = %gone.id, "Hiver no longer lists a mailbox: it is forgotten");
            engine
                .store()
                .forget_mailbox(connection, &gone.id, engine.now())
                .await?;
            engine.mirror().forget_mailbox(connection, &gone.id);
        }
    }
    engine
        .store()
        .save_mailboxes(connection, &mailboxes)
        .await?;
    engine.mirror().set_mailboxes(connection, mailboxes);

    let users = on.users().collect_all().await?;
    report(&users.skipped, "users");
    let skipped = !users.skipped.is_empty();
    let listed = users.items.into_iter().map(map::user).collect();
    let users = keep_unread(listed, known().users, skipped, |one| one.id.as_str());
    engine.store().save_users(connection, &users).await?;
    let listed: HashSet<_> = users.iter().map(|user| &user.id).collect();
    let former = known().users;
    let gone = former.iter().filter(|user| !listed.contains(&user.id));
    engine.keep_former_names(gone.map(|user| (user.id.as_str(), user.name.as_str())));
    engine.mirror().set_users(connection, users);

    read_tags(engine, link, Lane::Sync).await?;
    engine.names_were_read();
    engine.tell(Live::Mirror);
    Ok(Some(engine.mirror().read().directory.mailboxes.clone()))
}

/// Reads the tags.
pub(super) async fn read_tags(
    engine: &Engine,
    link: &Arc<Link>,
    lane: Lane,
) -> Result<(), SyncError> {
    let connection = link.connection.id;
    let asked_at = engine.now();
    let tags = link.hiver.on(lane).tags().collect_all().await?;
    report(&tags.skipped, "tags");
    let skipped = !tags.skipped.is_empty();
    let listed = tags.items.into_iter().map(map::tag).collect();
    let known = engine.mirror().read().directory.tags.clone();
    let tags = keep_unread(listed, known.clone(), skipped, |one| one.id.as_str());
    let listed: HashSet<_> = tags.iter().map(|tag| &tag.id).collect();
    let gone = known.iter().filter(|tag| !listed.contains(&tag.id));
    engine.keep_former_names(gone.map(|tag| (tag.id.as_str(), tag.name.as_str())));
    engine.store().save_tags(connection, &tags).await?;
    engine.mirror().set_tags(connection, tags);
    link.note_tags(asked_at);
    Ok(())
}

pub(super) fn report(skipped: &[SkippedRow], list: &str) {
    for row in skipped {
        tracing::warn!(
            list,
            row = row.index,
            reason = row.reason,
            "a row could not be read and was skipped"
        );
    }
}

/// What is listed, each once. Where rows could not be read, what was known may be among them and stays.
fn keep_unread<T>(listed: Vec<T>, known: Vec<T>, skipped: bool, id: impl Fn(&T) -> &str) -> Vec<T> {
    let mut ids = HashSet::new();
    let candidates = listed
        .into_iter()
        .chain(known.into_iter().filter(|_| skipped));
    candidates
        .filter(|one| ids.insert(id(one).to_owned()))
        .collect()
}
