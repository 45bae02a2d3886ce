//! What the browser and the server share: pages, components and server functions.
//!
//! A page is drawn on the server, works with forms and links alone, and comes to life once the browser has
//! loaded the same code. Nothing here knows a wire type of Hiver or a line of SQL.

#![recursion_limit = "256"]

mod components;
mod escape;
mod keys;
mod live;
mod pages;
mod routes;
#[cfg(feature = "ssr")]
pub mod rule_editor;
pub mod server_fns;
mod shell;
pub mod view;

pub use pages::login::LoginNotice;
pub use routes::App;
pub use shell::{AssetRoot, shell};
