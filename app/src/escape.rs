//! Text for places whose text nobody escapes: what stands in a textarea, and the title of a page on the server.

/// Text as the content of an element.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
