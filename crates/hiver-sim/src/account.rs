//! The account and its memory: everything that changes it goes through [`Account::commit`].

use tokio::sync::mpsc;

use crate::{
    EffectRecord, Error, Options,
    effect::{self, Creation, Effect},
    ids,
    journal::{Entry, Header, Journal},
    sample,
    snapshot::{ConversationChange, NewConversation},
    subjects::subjects_fingerprint,
    webhooks,
    world::{Access, Conversation, World},
};

/// An effect on a conversation, and the conversation right after it, or before it where it is gone.
pub(crate) type Happening = (Effect, Conversation);

/// A world and, perhaps, the file that keeps what happens to it.
pub(crate) struct Account {
    pub(crate) world: World,
    journal: Option<Journal>,
    /// Who is told what happens.
    pub(crate) tell: Option<mpsc::UnboundedSender<Happening>>,
    /// How much of it was not looked at yet.
    pub(crate) untold: usize,
}

impl Account {
    /// The sample account of `options`, with what its state file says happened to it since.
    pub(crate) fn open(options: &Options, now_ms: i64) -> Result<Self, Error> {
        let subjects = options.subjects.read()?;
        let header = Header {
            hiver_sim_state: 1,
            seed: options.seed,
            conversations: options.conversations,
            subjects: format!("{:016x}", subjects_fingerprint(&subjects)),
            empty_mailbox: options.empty_mailbox,
            tutorial_ids: options.tutorial_ids,
            base_ms: now_ms,
        };
        let Some(path) = &options.state else {
            let mut world = sample::build(options, &subjects, now_ms);
            forbid(&mut world, &options.forbidden)?;
            return Ok(Self {
                world,
                journal: None,
                tell: None,
                untold: 0,
            });
        };
        let (journal, header, entries) = Journal::open(path, header)?;
        let mut world = sample::build(options, &subjects, header.base_ms);
        forbid(&mut world, &options.forbidden)?;
        for (number, Entry { at_ms, effect }) in entries.into_iter().enumerate() {
            effect
                .apply(&mut world, at_ms, 0)
                .map_err(|error| Error::StateLine {
                    path: path.clone(),
                    // Counted from 1, and the first line is the header.
                    line: number + 2,
                    reason: error.to_string(),
                })?;
        }
        let journal = Some(journal);
        Ok(Self {
            world,
            journal,
            tell: None,
            untold: 0,
        })
    }

    /// Writes an effect to the state file and carries it out, if it changes anything. `request` is the number
    /// of the request that asked for it, 0 for none.
    pub(crate) fn commit(
        &mut self,
        effect: &Effect,
        at_ms: i64,
        request: u64,
    ) -> Result<EffectRecord, Error> {
        let changed = effect.would_change(&self.world)?;
        if changed {
            if let Some(journal) = &mut self.journal {
                let effect = effect.clone();
                journal.append(&Entry { at_ms, effect })?;
            }
            let before = self.conversation_of(effect);
            effect.apply(&mut self.world, at_ms, request)?;
            if let Some(conversation) = self.conversation_of(effect).or(before) {
                webhooks::tell(self, (effect.clone(), conversation));
            }
        }
        Ok(effect.record(changed))
    }

    /// The conversation that an effect is about, as it is now, where somebody is told of it.
    fn conversation_of(&self, effect: &Effect) -> Option<Conversation> {
        self.tell.as_ref()?;
        let position = self.world.position(effect.conversation()?)?;
        Some(self.world.at(position).clone())
    }

    /// A new conversation comes in. Returns its position.
    pub(crate) fn create(&mut self, new: NewConversation, at_ms: i64) -> Result<u32, Error> {
        let position = self.world.next_position();
        let world = &self.world;
        let mailbox = effect::mailbox(world, &new.mailbox_id)?;
        let assignee = new.assignee.as_deref().map(|user| user_id(world, user));
        let creation = Creation {
            conversation: ids::id("cnv", world.seed, position as usize),
            mailbox: world.mailboxes[usize::from(mailbox)].id.clone(),
            subject: new.subject,
            status: new.status,
            assignee: assignee.transpose()?,
            tags: tag_ids(world, &new.tags)?,
        };
        self.commit(&Effect::Create(creation), at_ms, 0)?;
        Ok(position)
    }

    /// A colleague changes a conversation in Hiver's own screen. Returns its position.
    pub(crate) fn change(
        &mut self,
        id: &str,
        change: ConversationChange,
        at_ms: i64,
    ) -> Result<u32, Error> {
        let position = effect::conversation(&self.world, id)?;
        // All names are looked up first, so that a wrong one changes nothing.
        let effects = effects_of(&self.world, position, change)?;
        for effect in effects {
            self.commit(&effect, at_ms, 0)?;
        }
        Ok(position)
    }

    /// Lets go of the state file until the next change.
    pub(crate) fn release_file(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.release();
        }
    }

    /// Takes the state file again.
    pub(crate) fn acquire_file(&mut self) -> Result<(), Error> {
        self.journal
            .as_mut()
            .map_or(Ok(()), |journal| journal.acquire().map(drop))
    }
}

fn effects_of(
    world: &World,
    position: u32,
    change: ConversationChange,
) -> Result<Vec<Effect>, Error> {
    let current = world.at(position);
    let id = || current.id.to_string();
    let mut effects = Vec::new();
    if let Some(mailbox) = change.mailbox_id {
        let mailbox = effect::mailbox(world, &mailbox)?;
        let mailbox = world.mailboxes[usize::from(mailbox)].id.clone();
        effects.push(Effect::Move {
            conversation: id(),
            mailbox,
        });
    }
    if let Some(subject) = change.subject {
        effects.push(Effect::Subject {
            conversation: id(),
            subject,
        });
    }
    if let Some(status) = change.status {
        effects.push(Effect::Status {
            conversation: id(),
            status,
        });
    }
    if let Some(user) = change.assignee {
        let user = user.map(|user| user_id(world, &user)).transpose()?;
        effects.push(Effect::Assign {
            conversation: id(),
            user,
        });
    }
    if let Some(tags) = change.tags {
        let wanted = tag_ids(world, &tags)?;
        let had = current
            .tags
            .iter()
            .map(|tag| &world.tags[usize::from(*tag)].id);
        let gone = had.filter(|tag| !wanted.contains(tag)).cloned();
        effects.extend(gone.map(|tag| Effect::Untag {
            conversation: id(),
            tag,
        }));
        effects.extend(wanted.into_iter().map(|tag| Effect::Tag {
            conversation: id(),
            tag,
        }));
    }
    Ok(effects)
}

/// The id of a user named by id or name.
pub(crate) fn user_id(world: &World, id_or_name: &str) -> Result<String, Error> {
    let user = effect::user(world, id_or_name)?;
    Ok(world.users[usize::from(user)].id.clone())
}

/// The id of a tag named by id or name.
pub(crate) fn tag_id(world: &World, id_or_name: &str) -> Result<String, Error> {
    let tag = effect::tag(world, id_or_name)?;
    Ok(world.tags[usize::from(tag)].id.clone())
}

/// The ids of tags named by id or name, each once.
fn tag_ids(world: &World, ids_or_names: &[String]) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    for id_or_name in ids_or_names {
        let id = tag_id(world, id_or_name)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn forbid(world: &mut World, mailboxes: &[String]) -> Result<(), Error> {
    for id_or_name in mailboxes {
        let mailbox = effect::mailbox(world, id_or_name)?;
        world.mailboxes[usize::from(mailbox)].access = Access::Forbidden;
    }
    Ok(())
}
