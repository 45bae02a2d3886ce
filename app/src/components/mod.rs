//! Shared pieces of screen.

pub(crate) mod compose;
pub(crate) mod drawn;
pub(crate) mod frame;
pub(crate) mod live_form;
pub(crate) mod marks;
pub(crate) mod outcome_bar;
pub(crate) mod pager;
pub(crate) mod problem;
pub(crate) mod shortcuts;
