//! What an operator edits: rules as forms, the draft of the whole set, and what happens when somebody else saved.
//!
//! A form keeps every word as it was typed, whether a rule can be made of it or not. The pages of
//! `server_fns::pages::rules` show it; the server's `web/rule_forms.rs` takes it in.

mod acts;
mod documents;
mod fields;
mod form;
mod merging;
mod places;
mod reading;
mod steps;
mod work;
mod writing;

#[cfg(test)]
mod tests;

pub use acts::{Done, edit_list, edit_rule, kept_form, settle};
pub use documents::{REPLACE, import, restore};
pub(crate) use fields::Fields;
pub use fields::{Pairs, pairs_of};
pub(crate) use form::{Group, Node, RuleForm};
pub(crate) use merging::clashes;
pub(crate) use reading::FieldProblem;
pub(crate) use work::{Entry, Work};
