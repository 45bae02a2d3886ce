//! The whole service over real HTTP: a simulated Hiver, a database of its own in every test, browsers with cookies.

mod assets;
mod browser;
mod doors;
mod drafts;
mod drawing;
mod endpoints;
mod headers;
mod html;
mod keys;
mod live;
mod operators;
mod origins;
mod own_password;
mod people;
mod rules;
mod rules_together;
mod sign_in;
mod support;
mod webhooks;
