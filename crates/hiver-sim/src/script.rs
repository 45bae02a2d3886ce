//! What other hands do to the account: at once, or when the n-th request arrives.

use std::mem;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Access, Error, Simulator, Status,
    account::{tag_id, user_id},
    effect::{self, Effect},
    simulator::Core,
    world::World,
};

/// Something that happens in Hiver without the client's doing. Not in the ledger. In JSON the name stands under
/// `do`, such as `{"do": "set_status", "id": "cnv_…", "status": "closed"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    /// The key is let in no more: 401 until [`Simulator::set_key`] or [`Simulator::set_key_active`].
    RevokeKey,
    /// A user is deleted. What was theirs is nobody's, assigning to them answers 400.
    DeleteUser {
        /// The user, by id or name.
        id: String,
    },
    /// A tag is deleted, from all conversations too. Adding or removing it answers 404.
    DeleteTag {
        /// The tag, by id or name.
        id: String,
    },
    /// A conversation is deleted. It is in no list any more, and everything about it answers 404.
    DeleteConversation {
        /// The conversation.
        id: String,
    },
    /// A colleague assigns a conversation.
    Assign {
        /// The conversation.
        id: String,
        /// The user, by id or name; `null` makes it nobody's.
        #[serde(deserialize_with = "required")]
        user_id: Option<String>,
    },
    /// A colleague sets the status of a conversation.
    SetStatus {
        /// The conversation.
        id: String,
        /// The status.
        status: Status,
    },
    /// A colleague adds a tag to a conversation.
    AddTag {
        /// The conversation.
        id: String,
        /// The tag, by id or name.
        tag_id: String,
    },
    /// A colleague removes a tag from a conversation.
    RemoveTag {
        /// The conversation.
        id: String,
        /// The tag, by id or name.
        tag_id: String,
    },
    /// The key may do something else with a mailbox. Not kept in the state file.
    SetAccess {
        /// The mailbox, by id or name.
        id: String,
        /// What it may do.
        access: Access,
    },
}

/// Without this an absent `user_id` would be the same as `null`, and a slip would make it nobody's.
fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

impl Deed {
    /// What it does to the account, none for what is not kept. Names become ids.
    fn effect(&self, world: &World) -> Result<Option<Effect>, Error> {
        let conversation = |id: &str| effect::conversation(world, id).map(|_| id.to_owned());
        Ok(Some(match self {
            Self::RevokeKey => return Ok(None),
            Self::SetAccess { id, .. } => {
                effect::mailbox(world, id)?;
                return Ok(None);
            }
            Self::DeleteUser { id } => Effect::DeleteUser {
                user: user_id(world, id)?,
            },
            Self::DeleteTag { id } => Effect::DeleteTag {
                tag: tag_id(world, id)?,
            },
            Self::DeleteConversation { id } => Effect::DeleteConversation {
                conversation: conversation(id)?,
            },
            Self::Assign { id, user_id: user } => Effect::Assign {
                conversation: conversation(id)?,
                user: user.as_deref().map(|id| user_id(world, id)).transpose()?,
            },
            Self::SetStatus { id, status } => Effect::Status {
                conversation: conversation(id)?,
                status: *status,
            },
            Self::AddTag { id, tag_id: tag } => Effect::Tag {
                conversation: conversation(id)?,
                tag: tag_id(world, tag)?,
            },
            Self::RemoveTag { id, tag_id: tag } => Effect::Untag {
                conversation: conversation(id)?,
                tag: tag_id(world, tag)?,
            },
        }))
    }
}

/// A deed that waits for its request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scheduled {
    /// Right before the request of this number in the ledger is looked at.
    pub n: u64,
    /// What is done.
    #[serde(flatten)]
    pub deed: Deed,
}

/// A deed whose request has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// Right before the request of this number in the ledger was looked at.
    pub n: u64,
    /// When that was, in milliseconds since 1970.
    pub at_ms: i64,
    /// What was done.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why it was not done after all: what it names had gone meanwhile, or could not be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What happens when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Script {
    /// What waits for its request, in the order it was given.
    pub waiting: Vec<Scheduled>,
    /// What has happened, in that order.
    pub done: Vec<Happened>,
}

impl Simulator {
    /// Something happens at once.
    ///
    /// # Errors
    /// [`Error::Unknown`]; those of writing the state file.
    pub fn carry_out(&self, deed: &Deed) -> Result<(), Error> {
        let at_ms = self.now_ms();
        self.core().carry_out(deed, at_ms)
    }

    /// Something happens right before the `request`-th request from now on is looked at: with 1, the very next
    /// one already finds it so. All requests to `/api/v1` count that get a number in the ledger, also refused
    /// ones. Requests that have arrived, but still wait for their answer, meet it too, except that their key was
    /// already looked at.
    ///
    /// # Errors
    /// [`Error::Value`] for 0, and [`Error::Unknown`] for what is not there now.
    pub fn carry_out_at(&self, request: u64, deed: Deed) -> Result<(), Error> {
        let mut core = self.core();
        let n = core.ledger.last().checked_add(request);
        let Some(n) = n.filter(|_| request > 0) else {
            let (what, value) = ("request", request.to_string());
            return Err(Error::Value { what, value });
        };
        deed.effect(&core.account.world)?;
        core.script.waiting.push(Scheduled { n, deed });
        Ok(())
    }

    /// What is to happen, and what has.
    #[must_use]
    pub fn script(&self) -> Script {
        self.core().script.clone()
    }

    /// Takes back what has not happened, and forgets what has.
    pub fn clear_script(&self) {
        self.core().script = Script::default();
    }
}

impl Core {
    /// Does what is due before the request that gets the next number.
    pub(crate) fn follow_script(&mut self, at_ms: i64) {
        let next = self.ledger.last() + 1;
        let (due, waiting) = mem::take(&mut self.script.waiting)
            .into_iter()
            .partition(|scheduled| scheduled.n <= next);
        self.script.waiting = waiting;
        let due: Vec<Scheduled> = due;
        for Scheduled { n, deed } in due {
            let error = self.carry_out(&deed, at_ms).err();
            self.script.done.push(Happened {
                n,
                at_ms,
                deed,
                error: error.map(|error| error.to_string()),
            });
        }
    }

    fn carry_out(&mut self, deed: &Deed, at_ms: i64) -> Result<(), Error> {
        let world = &mut self.account.world;
        let effect = deed.effect(world)?;
        match deed {
            Deed::RevokeKey => self.key_revoked = true,
            Deed::SetAccess { id, access } => {
                let mailbox = effect::mailbox(world, id)?;
                world.mailboxes[usize::from(mailbox)].access = *access;
            }
            _ => {}
        }
        if let Some(effect) = effect {
            self.account.commit(&effect, at_ms, 0)?;
        }
        Ok(())
    }
}
