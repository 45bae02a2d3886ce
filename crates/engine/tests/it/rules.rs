//! Rules that act.

mod planning;
mod support;
