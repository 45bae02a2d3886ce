//! What is to be changed.

use serde::{Deserialize, Serialize};

use crate::model::ConversationId;

/// The conversations that a person means: by id, or everything that a filter matches at the moment the
/// plan is made, minus some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Exactly these.
    Ids(Vec<ConversationId>),
    /// Everything that matches, seen on the page or not.
    Matching {
        /// Text in the filter language; empty is everything.
        #[serde(default)]
        filter: String,
        /// Conversations taken out by hand.
        #[serde(default)]
        except: Vec<ConversationId>,
    },
}

impl Selection {
    /// Whether it names no conversation at all. A filter may still turn out to match none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Ids(ids) if ids.is_empty())
    }
}

impl Default for Selection {
    /// Nothing selected.
    fn default() -> Self {
        Self::Ids(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_shapes_are_stable() {
        let cases = [
            (
                Selection::Ids(vec!["c1".into(), "c2".into()]),
                r#"{"ids":["c1","c2"]}"#,
            ),
            (
                Selection::Matching {
                    filter: "is:open".to_owned(),
                    except: vec!["c3".into()],
                },
                r#"{"matching":{"filter":"is:open","except":["c3"]}}"#,
            ),
        ];
        for (selection, json) in cases {
            assert_eq!(serde_json::to_string(&selection).unwrap(), json);
            assert_eq!(serde_json::from_str::<Selection>(json).unwrap(), selection);
        }
    }

    #[test]
    fn only_a_list_of_no_ids_is_empty() {
        let everything: Selection = serde_json::from_str(r#"{"matching":{}}"#).unwrap();
        assert!(!everything.is_empty());
        assert!(Selection::default().is_empty());
    }
}
