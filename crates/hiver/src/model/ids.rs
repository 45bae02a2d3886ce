//! Identities as Hiver gives them: opaque text, never counted or compared by size.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Opaque text. Hiver may send an id as a number; it is kept as the text of that number.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as Hiver wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id as owned text.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

identity! {
    /// Names a [`Mailbox`](crate::Mailbox), such as `mb_01HXYZ`.
    MailboxId
}
identity! {
    /// Names a [`Conversation`](crate::Conversation).
    ConversationId
}
identity! {
    /// Names a [`User`](crate::User), such as `usr_01HABC`.
    UserId
}
identity! {
    /// Names a [`Tag`](crate::Tag).
    TagId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_text_everywhere() {
        let id = MailboxId::from("mb_01HXYZ");
        assert_eq!(id.to_string(), "mb_01HXYZ");
        assert_eq!(id.as_str(), "mb_01HXYZ");
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""mb_01HXYZ""#);
        assert_eq!(
            serde_json::from_str::<MailboxId>(r#""mb_01HXYZ""#).unwrap(),
            id
        );
    }
}
