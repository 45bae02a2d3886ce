//! What an evaluation is told of the world.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use triage::model::{Conversation, UserId};

use crate::model::{RuleId, Share, ShareBy};

/// A conversation to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The conversation, as the mirror has it.
    pub conversation: &'a Conversation,
    /// [`triage::fold`] of its subject, if that is at hand; it is worked out where it is not.
    pub folded_subject: Option<&'a str>,
    /// The rules that acted on it, each with the last time.
    pub acted: &'a [Acted],
}

impl<'a> Row<'a> {
    /// A conversation of which nothing else is known.
    #[must_use]
    pub fn of(conversation: &'a Conversation) -> Self {
        Self {
            conversation,
            folded_subject: None,
            acted: &[],
        }
    }
}

/// A rule acted on the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// Which rule.
    pub rule: RuleId,
    /// When it last did, in ms since the epoch.
    pub at_ms: i64,
}

/// The users among whom conversations are shared out. What is decided is counted here, so that one evaluation after
/// the other shares out evenly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// What is known of each user. Who is not named here is present, has nothing and no cap.
    pub users: HashMap<UserId, Load>,
    /// Who was last given a conversation, by rule.
    pub last: HashMap<RuleId, UserId>,
}

/// What a user has on their desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Open conversations that are assigned to them.
    pub open: u32,
    /// Whether they are away.
    pub away: bool,
    /// How many open conversations they have at most, whatever a rule says.
    pub cap: Option<u32>,
}

impl Staff {
    /// Who gets the next conversation that `rule` shares out; nobody where all are away or have as many as they may.
    #[must_use]
    pub fn next<'s>(&self, rule: &RuleId, share: &'s Share) -> Option<&'s UserId> {
        let members = share.among.len();
        let after = self
            .last
            .get(rule)
            .and_then(|last| share.among.iter().position(|member| member.user == *last))
            .map_or(0, |position| position + 1);
        let mut in_turn = (0..members)
            .map(|step| &share.among[(after + step) % members])
            .filter(|member| {
                let load = self.load(&member.user);
                let below = |cap: Option<u32>| cap.is_none_or(|cap| load.open < cap);
                !load.away && below(load.cap) && below(member.cap)
            });
        let chosen = match share.by {
            ShareBy::RoundRobin => in_turn.next(),
            // The first of those with the fewest, in the order of their turns.
            ShareBy::LeastLoaded => in_turn.min_by_key(|member| self.load(&member.user).open),
        };
        chosen.map(|member| &member.user)
    }

    /// Notes that `user` was given a conversation by `rule`.
    pub fn gave(&mut self, rule: &RuleId, user: &UserId) {
        self.last.insert(rule.clone(), user.clone());
    }

    /// Notes that an open conversation went from one desk to another, or to or from none.
    pub fn moved(&mut self, from: Option<&UserId>, to: Option<&UserId>) {
        if from == to {
            return;
        }
        if let Some(load) = from.and_then(|user| self.users.get_mut(user)) {
            load.open = load.open.saturating_sub(1);
        }
        if let Some(user) = to {
            match self.users.get_mut(user) {
                Some(load) => load.open = load.open.saturating_add(1),
                None => {
                    let open = Load {
                        open: 1,
                        ..Load::default()
                    };
                    self.users.insert(user.clone(), open);
                }
            }
        }
    }

    fn load(&self, user: &UserId) -> Load {
        self.users.get(user).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ShareMember;

    fn share(by: ShareBy) -> Share {
        let member = |user: &str, cap| ShareMember {
            user: user.into(),
            cap,
        };
        Share {
            by,
            among: vec![member("a", None), member("b", Some(2)), member("c", None)],
        }
    }

    fn deal(staff: &mut Staff, share: &Share, times: usize) -> Vec<String> {
        let rule = RuleId::from("r");
        (0..times)
            .map(|_| match staff.next(&rule, share) {
                Some(user) => {
                    staff.gave(&rule, user);
                    staff.moved(None, Some(user));
                    user.to_string()
                }
                None => "-".to_owned(),
            })
            .collect()
    }

    #[test]
    fn turns_pass_over_who_is_away_or_full() {
        let mut staff = Staff::default();
        let dealt = deal(&mut staff, &share(ShareBy::RoundRobin), 8);
        assert_eq!(dealt, ["a", "b", "c", "a", "b", "c", "a", "c"]);
        staff.users.entry("a".into()).or_default().away = true;
        assert_eq!(deal(&mut staff, &share(ShareBy::RoundRobin), 2), ["c", "c"]);
        staff.users.entry("c".into()).or_default().cap = Some(3);
        assert_eq!(deal(&mut staff, &share(ShareBy::RoundRobin), 1), ["-"]);
    }

    #[test]
    fn the_least_loaded_come_first() {
        let mut staff = Staff::default();
        staff.users.entry("a".into()).or_default().open = 2;
        let dealt = deal(&mut staff, &share(ShareBy::LeastLoaded), 6);
        assert_eq!(dealt, ["b", "c", "b", "c", "a", "c"]);
    }
}
