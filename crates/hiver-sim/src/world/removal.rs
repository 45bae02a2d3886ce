//! What was deleted. Places are kept, because everything is known by its place: nothing else moves in any list.

use super::{Conversation, World};

impl World {
    /// The positions of the conversations that are not gone, in order.
    pub(crate) fn live(&self) -> impl Iterator<Item = u32> {
        let all = (0_u32..).zip(self.conversations());
        all.filter(|(_, conversation)| self.is_live(conversation))
            .map(|(position, _)| position)
    }

    /// The id of another conversation than this one: the next one, or the first after the last. None when there
    /// is no other.
    pub(crate) fn neighbour(&self, position: u32) -> Option<&str> {
        let after = (position + 1)..self.next_position();
        let mut others = after
            .chain(0..position)
            .map(|position| &self.at(position).id);
        others
            .find(|id| self.positions.contains_key(*id))
            .map(AsRef::as_ref)
    }

    /// Takes a conversation away. Its notes stay, for the ledger.
    pub(crate) fn delete_conversation(&mut self, position: u32) {
        let conversation = &self.conversations[position as usize];
        let list = (conversation.mailbox, conversation.status);
        self.positions.remove(&conversation.id);
        for tag in &conversation.tags {
            if let Some(tagged) = self.by_tag.get_mut(tag) {
                tagged.remove(&position);
            }
        }
        self.set_for(list.0, list.1).remove(&position);
    }

    /// Takes a user away. What was theirs is nobody's from then on.
    pub(crate) fn delete_user(&mut self, user: u16, at_ms: i64) {
        self.users[usize::from(user)].gone = true;
        for conversation in &mut self.conversations {
            if conversation.assignee == Some(user) {
                conversation.assignee = None;
                conversation.updated_ms = at_ms;
            }
        }
    }

    /// Takes a tag away, from all conversations too.
    pub(crate) fn delete_tag(&mut self, tag: u16, at_ms: i64) {
        self.tags[usize::from(tag)].gone = true;
        for position in self.by_tag.remove(&tag).unwrap_or_default() {
            let conversation = &mut self.conversations[position as usize];
            conversation.tags.retain(|other| *other != tag);
            conversation.updated_ms = at_ms;
        }
    }

    fn is_live(&self, conversation: &Conversation) -> bool {
        self.positions.contains_key(&conversation.id)
    }
}
