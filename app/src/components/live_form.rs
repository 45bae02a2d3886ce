//! Brings drawn forms to life: what is typed is sent at once, and what the answer says stands beside it.
//!
//! A form with `data-live` is posted in the background. Its answer is the page again, of which the elements with
//! `data-part` are taken over. Those with `data-part="fields"` hold what is typed in and stay as they are while
//! somebody types; they are replaced when something was picked or a button pressed. A button with an address of its
//! own is left to the browser. Without scripts all of it works as plain forms.
//!
//! What was typed before scripts were there is sent as they start. What could not be sent is kept in the tab, and sent
//! when the same form is shown again to the same operator (`data-by`): after signing in, after the page was loaded
//! again, or on the way back to it.

#[cfg(feature = "hydrate")]
mod events;
#[cfg(feature = "hydrate")]
mod kept;
#[cfg(feature = "hydrate")]
mod parts;
#[cfg(feature = "hydrate")]
mod sending;

/// Follows the forms for as long as the caller's component is shown; `drawn` is read to know when a page was drawn.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "the server draws once")
)]
pub(crate) fn follow(drawn: impl Fn() + 'static) {
    #[cfg(feature = "hydrate")]
    events::listen(drawn);
}
