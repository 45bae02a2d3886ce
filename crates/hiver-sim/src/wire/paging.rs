//! `limit` and `cursor`.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::Refusal;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    pub(super) limit: usize,
    /// The position after which the page begins.
    pub(super) after: Option<u32>,
}

impl Paging {
    /// From the query of a request for the list named `list`. A cursor of another list is refused.
    pub(super) fn read(
        list: &str,
        limit: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Self, Refusal> {
        let limit = match limit {
            None | Some("") => DEFAULT_LIMIT,
            Some(text) => {
                let limit = text
                    .parse()
                    .ok()
                    .filter(|limit| (1..=MAX_LIMIT).contains(limit));
                limit.ok_or_else(|| {
                    Refusal::bad_request(format!(
                        "limit must be a number from 1 to {MAX_LIMIT}, not `{text}`."
                    ))
                })?
            }
        };
        let after = match cursor {
            None | Some("") => None,
            Some(text) => Some(read_cursor(list, text).ok_or_else(|| {
                Refusal::bad_request(format!("cursor `{text}` is not one that this list gave."))
            })?),
        };
        Ok(Self { limit, after })
    }

    /// The part of a short list, and the cursor of the next part. Items that are not `shown` keep their places,
    /// so that one that goes away between two pages never moves the others.
    pub(super) fn slice<'a, T>(
        &self,
        list: &str,
        items: &'a [T],
        shown: impl Fn(&T) -> bool,
    ) -> (Vec<&'a T>, Option<String>) {
        let from = self.after.map_or(0, |after| after as usize + 1);
        let rest = (0_u32..).zip(items).skip(from);
        let mut rest = rest.filter(|(_, item)| shown(item));
        let (places, part): (Vec<u32>, Vec<&T>) = rest.by_ref().take(self.limit).unzip();
        let last = places.last().filter(|_| rest.next().is_some());
        (part, last.map(|last| cursor(list, *last)))
    }
}

/// The cursor of the page that begins after `last`.
pub(super) fn cursor(list: &str, last: u32) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{list}>{last}"))
}

fn read_cursor(list: &str, text: &str) -> Option<u32> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.strip_prefix(list)?.strip_prefix('>')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_only_to_their_own_list() {
        let text = cursor("tags", 7);
        let paging = Paging::read("tags", Some("2"), Some(&text)).unwrap();
        assert_eq!(
            paging,
            Paging {
                limit: 2,
                after: Some(7)
            }
        );
        assert_eq!(
            Paging::read("users", None, Some(&text)).unwrap_err().status,
            400
        );
        assert_eq!(
            Paging::read("tags", None, Some("???")).unwrap_err().status,
            400
        );
    }

    #[test]
    fn limits_are_1_to_100() {
        for bad in ["0", "101", "-1", "many", "1.5"] {
            assert_eq!(
                Paging::read("tags", Some(bad), None).unwrap_err().status,
                400,
                "{bad}"
            );
        }
        assert_eq!(Paging::read("tags", None, None).unwrap().limit, 50);
        assert_eq!(Paging::read("tags", Some("100"), None).unwrap().limit, 100);
    }

    #[test]
    fn slices_cover_a_list_once() {
        let items: Vec<u32> = (0..5).collect();
        let mut seen = Vec::new();
        let mut next = None;
        loop {
            let paging = Paging::read("x", Some("2"), next.as_deref()).unwrap();
            let (part, cursor) = paging.slice("x", &items, |_| true);
            seen.extend(part.into_iter().copied());
            next = cursor;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
        let paging = Paging {
            limit: 5,
            after: None,
        };
        assert_eq!(paging.slice("x", &items, |_| true).1, None);
        assert_eq!(paging.slice::<u32>("x", &[], |_| true).1, None);
    }

    #[test]
    fn what_is_not_shown_moves_nothing() {
        let items: Vec<u32> = (0..5).collect();
        let first = Paging::read("x", Some("2"), None).unwrap();
        let (part, next) = first.slice("x", &items, |item| *item != 1);
        assert_eq!(part, [&0, &2]);
        let second = Paging::read("x", Some("2"), next.as_deref()).unwrap();
        let (part, next) = second.slice("x", &items, |item| *item > 2);
        assert_eq!((part, next), (vec![&3, &4], None));
        let (part, next) = first.slice("x", &items, |item| *item < 2);
        assert_eq!((part, next), (vec![&0, &1], None));
    }
}
