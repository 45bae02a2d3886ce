//! Identifiers: one type each, so that a user is never looked up as a tag.
//!
//! Their text is shared by all clones: a hundred thousand conversations name a handful of mailboxes, users and tags.

use std::{fmt, num::ParseIntError, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! text_id {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as Hiver writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id as an owned text.
            #[must_use]
            pub fn into_string(self) -> String {
                self.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id.into())
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.into())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    };
}

text_id! {
    /// Hiver's id of a mailbox.
    MailboxId
}
text_id! {
    /// Hiver's id of a conversation.
    ConversationId
}
text_id! {
    /// Hiver's id of a user.
    UserId
}
text_id! {
    /// Hiver's id of a tag.
    TagId
}

/// What stands in a plan for the id of a tag that is still to be made.
const TO_MAKE: &str = "to-make:";

impl TagId {
    /// Stands for the id of a tag of this name until it has been made.
    #[must_use]
    pub fn to_make(name: &str) -> Self {
        Self(format!("{TO_MAKE}{name}").into())
    }

    /// The name, where this stands for a tag that is still to be made.
    #[must_use]
    pub fn name_to_make(&self) -> Option<&str> {
        self.0.strip_prefix(TO_MAKE)
    }
}

/// Our own number of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl From<i64> for RunId {
    fn from(id: i64) -> Self {
        Self(id)
    }
}

impl FromStr for RunId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}
