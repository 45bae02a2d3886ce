//! Names that stand where ids belong.

use triage::model::{Directory, MailboxId, TagId, UserId};

use crate::{
    model::{Assign, AssigneeTest, Condition, RuleSet, TagsTest},
    problem::{Problem, ProblemKind},
};

/// Puts ids where `rules` name mailboxes, users and tags by their names or addresses. What is an id already stays, and
/// so does what nothing is known of: a warning speaks of it.
///
/// Returns the names that several have.
pub fn resolve(rules: &mut RuleSet, directory: &Directory) -> Vec<Problem> {
    let mut resolve = Resolve {
        directory,
        problems: Vec::new(),
    };
    for (index, rule) in rules.rules.iter_mut().enumerate() {
        let path = format!("rules[{index}]");
        resolve.mailboxes(&mut rule.mailboxes, &format!("{path}.mailboxes"));
        resolve.condition(&mut rule.conditions, &format!("{path}.conditions"));
        let actions = &mut rule.actions;
        match &mut actions.assign {
            Some(Assign::User(user)) => {
                resolve.user(user, &format!("{path}.actions.assign.user"));
            }
            Some(Assign::Share(share)) => {
                for (place, member) in share.among.iter_mut().enumerate() {
                    let path = format!("{path}.actions.assign.share.among[{place}].user");
                    resolve.user(&mut member.user, &path);
                }
            }
            None => {}
        }
        resolve.tags(&mut actions.add_tags, &format!("{path}.actions.add_tags"));
        resolve.tags(
            &mut actions.remove_tags,
            &format!("{path}.actions.remove_tags"),
        );
    }
    resolve.problems
}

struct Resolve<'a> {
    directory: &'a Directory,
    problems: Vec<Problem>,
}

impl Resolve<'_> {
    fn condition(&mut self, condition: &mut Condition, path: &str) {
        let (part, parts) = match condition {
            Condition::All(parts) => ("all", parts),
            Condition::Any(parts) => ("any", parts),
            Condition::None(parts) => ("none", parts),
            Condition::Mailbox(ids) => return self.mailboxes(ids, &format!("{path}.mailbox")),
            Condition::Assignee(AssigneeTest::OneOf(ids)) => {
                for (index, user) in ids.iter_mut().enumerate() {
                    self.user(user, &format!("{path}.assignee.one_of[{index}]"));
                }
                return;
            }
            Condition::Tags(TagsTest::Any(tags)) => {
                return self.tags(tags, &format!("{path}.tags.any"));
            }
            Condition::Tags(TagsTest::All(tags)) => {
                return self.tags(tags, &format!("{path}.tags.all"));
            }
            Condition::Tags(TagsTest::None(tags)) => {
                return self.tags(tags, &format!("{path}.tags.none"));
            }
            _ => return,
        };
        for (index, inner) in parts.iter_mut().enumerate() {
            self.condition(inner, &format!("{path}.{part}[{index}]"));
        }
    }

    fn mailboxes(&mut self, mailboxes: &mut [MailboxId], path: &str) {
        for (index, mailbox) in mailboxes.iter_mut().enumerate() {
            if self.directory.mailbox(mailbox).is_none() {
                let called = self.directory.mailboxes_called(mailbox.as_str());
                let found: Vec<&MailboxId> = called.into_iter().map(|found| &found.id).collect();
                self.put(mailbox, &found, "mailboxes", || format!("{path}[{index}]"));
            }
        }
    }

    fn user(&mut self, user: &mut UserId, path: &str) {
        if self.directory.user(user).is_none() {
            let called = self.directory.users_called(user.as_str());
            let found: Vec<&UserId> = called.into_iter().map(|found| &found.id).collect();
            self.put(user, &found, "users", || path.to_owned());
        }
    }

    fn tags(&mut self, tags: &mut [TagId], path: &str) {
        for (index, tag) in tags.iter_mut().enumerate() {
            if self.directory.tag(tag).is_none() {
                let called = self.directory.tags_called(tag.as_str());
                let found: Vec<&TagId> = called.into_iter().map(|found| &found.id).collect();
                self.put(tag, &found, "tags", || format!("{path}[{index}]"));
            }
        }
    }

    fn put<T: Clone + AsRef<str>>(
        &mut self,
        place: &mut T,
        found: &[&T],
        what: &str,
        path: impl Fn() -> String,
    ) {
        match found {
            [] => {}
            [one] => *place = (*one).clone(),
            several => {
                let ids: Vec<&str> = several.iter().map(|id| id.as_ref()).collect();
                self.problems.push(Problem {
                    path: path(),
                    kind: ProblemKind::Ambiguous {
                        what: what.to_owned(),
                        name: place.as_ref().to_owned(),
                        ids: ids.join(", "),
                    },
                });
            }
        }
    }
}
