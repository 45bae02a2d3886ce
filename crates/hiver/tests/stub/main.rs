//! The client against a server that misbehaves on demand.
//!
//! The stub is raw TCP, so that connections can be cut at any point and every request is counted.

mod reads;
mod support;
mod writes;
