//! Rules that act.

mod planning;
mod support;
mod trying;
