//! One connection that is kept open, and just enough of HTTP for it.

use std::error::Error;
use std::io::{self, ErrorKind};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Failure = Box<dyn Error>;

pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer with status 200.
pub(crate) struct Answer<'a> {
    body: &'a str,
}

impl Connection {
    /// `address` such as `127.0.0.1:4010`.
    pub(crate) async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let received = Vec::new();
        Ok(Self { stream, received })
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Answer<'_>, Failure> {
        self.send("GET", path, "").await
    }

    /// Sends one request and waits for the whole answer; any status but 200 is a failure.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<Answer<'_>, Failure> {
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: sim\r\nauthorization: Bearer sim-key\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len(),
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.received.clear();
        let (head, end) = loop {
            self.stream
                .read_buf(&mut self.received)
                .await
                .and_then(some)?;
            if let Some(found) = end_of_answer(&self.received)? {
                break found;
            }
        };
        while self.received.len() < end {
            self.stream
                .read_buf(&mut self.received)
                .await
                .and_then(some)?;
        }
        let status = std::str::from_utf8(self.received.get(9..12).unwrap_or_default())?;
        let body = std::str::from_utf8(&self.received[head..end])?;
        if status != "200" {
            return Err(format!("{method} {path} was answered with {status}: {body}").into());
        }
        Ok(Answer { body })
    }
}

impl Answer<'_> {
    /// All values of fields named `id`, in order.
    pub(crate) fn ids(&self) -> Vec<String> {
        let after = self.body.split(r#""id":""#).skip(1);
        after
            .filter_map(|rest| rest.split_once('"'))
            .map(|(id, _)| id.to_owned())
            .collect()
    }

    /// Where the list goes on; nothing at its end.
    pub(crate) fn next_cursor(&self) -> Option<String> {
        let (_, after) = self.body.rsplit_once(r#""next_cursor":""#)?;
        after.split_once('"').map(|(cursor, _)| cursor.to_owned())
    }
}

/// Where head and body end, once the head is there.
fn end_of_answer(received: &[u8]) -> Result<Option<(usize, usize)>, Failure> {
    let Some(head) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = head + 4;
    let mut lines = std::str::from_utf8(&received[..head])?.lines();
    let length = lines
        .find_map(|line| line.strip_prefix("content-length: "))
        .ok_or("an answer without a length")?;
    Ok(Some((head, head + length.parse::<usize>()?)))
}

fn some(read: usize) -> io::Result<()> {
    if read == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
