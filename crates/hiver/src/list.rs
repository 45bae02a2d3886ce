//! Lists that come in pages.

use std::collections::HashSet;

use futures::{Stream, TryStreamExt as _, stream};

use crate::client::OnLane;
use crate::wire::ListCall;
use crate::{Error, ErrorKind};

/// Where a page begins, as Hiver wrote it. Can be stored, to go on later.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor as Hiver wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows that could be read.
    pub items: Vec<T>,
    /// The rows that could not.
    pub skipped: Vec<SkippedRow>,
    /// Where the next page begins; `None` ends the list.
    pub next: Option<Cursor>,
}

/// A row that could not be read and was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedRow {
    /// Its place: in a [`Page`] within the page, in [`Collected`] within the whole list. From 0.
    pub index: usize,
    /// Why, as a sentence without customer data.
    pub reason: String,
}

/// A list, read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected<T> {
    /// The rows that could be read, in Hiver's order.
    pub items: Vec<T>,
    /// The rows that could not.
    pub skipped: Vec<SkippedRow>,
}

/// A list that can be read page by page. Each page is one request on its lane.
#[must_use = "nothing is read before a page is asked for"]
pub struct List<T> {
    on: OnLane,
    call: ListCall<T>,
}

impl<T: Send + 'static> List<T> {
    pub(crate) fn new(on: OnLane, call: ListCall<T>) -> Self {
        Self { on, call }
    }

    /// Reads the page at a cursor, or the first.
    ///
    /// # Errors
    ///
    /// As for any read; and [`ErrorKind::RepeatedCursor`] where the page names itself as the next.
    pub async fn page(&self, cursor: Option<&Cursor>) -> Result<Page<T>, Error> {
        let first = self.call.first.clone();
        let call = match cursor {
            Some(cursor) => (self.call.at)(first, cursor),
            None => first,
        };
        let page = self.on.read(&call, self.call.read).await?;
        if cursor.is_some() && page.next.as_ref() == cursor {
            return Err(self.repeated(cursor));
        }
        Ok(page)
    }

    /// The pages from the first to the last.
    ///
    /// The stream ends after the last page or the first error. A cursor that came before is
    /// [`ErrorKind::RepeatedCursor`] in place of the page that names it, so that no list goes round
    /// in circles.
    pub fn pages(self) -> impl Stream<Item = Result<Page<T>, Error>> + Send + Unpin + 'static {
        self.pages_from(None)
    }

    /// The pages from a cursor on, or from the first.
    pub fn pages_from(
        self,
        start: Option<Cursor>,
    ) -> impl Stream<Item = Result<Page<T>, Error>> + Send + Unpin + 'static {
        let seen: HashSet<Cursor> = start.iter().cloned().collect();
        let state = Some((self, start, seen));
        Box::pin(stream::try_unfold(state, |state| async move {
            let Some((list, cursor, mut seen)) = state else {
                return Ok(None);
            };
            let page = list.page(cursor.as_ref()).await?;
            let rest = match page.next.clone() {
                None => None,
                Some(next) if seen.insert(next.clone()) => Some((list, Some(next), seen)),
                again => return Err(list.repeated(again.as_ref())),
            };
            Ok(Some((page, rest)))
        }))
    }

    /// Reads all pages.
    ///
    /// # Errors
    ///
    /// The first error of any page; what was read before is dropped.
    pub async fn collect_all(self) -> Result<Collected<T>, Error> {
        let mut pages = self.pages();
        let mut all = Collected {
            items: Vec::new(),
            skipped: Vec::new(),
        };
        while let Some(page) = pages.try_next().await? {
            let before = all.items.len() + all.skipped.len();
            all.items.extend(page.items);
            all.skipped
                .extend(page.skipped.into_iter().map(|row| SkippedRow {
                    index: before + row.index,
                    reason: row.reason,
                }));
        }
        Ok(all)
    }

    fn repeated(&self, cursor: Option<&Cursor>) -> Error {
        let cursor = cursor.map_or_else(String::new, |cursor| cursor.0.chars().take(100).collect());
        Error::new(
            &self.call.first.operation,
            ErrorKind::RepeatedCursor { cursor },
        )
    }
}
