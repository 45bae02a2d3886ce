//! What is selected and what is to be done with it: the bar that actions are composed in.

mod bar;
mod state;

pub(crate) use bar::{ComposeBar, FORM};
pub(crate) use state::{Compose, Kept, Picked};
