//! Connections that can be cut: the client gets no answer at all, not even a status line.
//!
//! A handler cannot close its connection, so the stream below it fails on demand: whatever hyper still wants to
//! write goes nowhere, and it gives the connection up.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use futures::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// A handle on one connection, given to the handlers of its requests.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    cut: Arc<Cut>,
    /// Which serving it belongs to: requests of one that has ended have no effect.
    pub(crate) generation: u64,
}

#[derive(Debug, Default)]
struct Cut {
    done: AtomicBool,
    reader: AtomicWaker,
}

impl Connection {
    /// Closes it at once, without an answer.
    pub(crate) fn cut(&self) {
        self.cut.now();
    }
}

impl Cut {
    fn now(&self) {
        self.done.store(true, Ordering::Release);
        self.reader.wake();
    }

    fn check(&self) -> io::Result<()> {
        if self.done.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

/// All connections of one serving, to cut them when it ends.
#[derive(Debug, Default)]
pub(crate) struct OpenConnections(Mutex<(u64, HashMap<u64, Arc<Cut>>)>);

impl OpenConnections {
    pub(crate) fn cut_all(&self) {
        for cut in self.lock().1.values() {
            cut.now();
        }
    }

    fn add(&self, cut: &Arc<Cut>) -> u64 {
        let (last, open) = &mut *self.lock();
        *last += 1;
        open.insert(*last, cut.clone());
        *last
    }

    fn remove(&self, number: u64) {
        self.lock().1.remove(&number);
    }

    fn lock(&self) -> MutexGuard<'_, (u64, HashMap<u64, Arc<Cut>>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts connections that can be cut.
pub(crate) struct CuttableListener {
    pub(crate) tcp: TcpListener,
    pub(crate) open: Arc<OpenConnections>,
    pub(crate) generation: u64,
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CuttableStream, SocketAddr) {
        loop {
            let Ok((tcp, address)) = self.tcp.accept().await else {
                // Out of file handles, most likely: others have to close first.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            // Small answers must not wait for the client's acknowledgements; it works without, too.
            let _ = tcp.set_nodelay(true);
            let cut = Arc::new(Cut::default());
            let number = self.open.add(&cut);
            let connection = Connection {
                cut,
                generation: self.generation,
            };
            let stream = CuttableStream {
                tcp,
                connection,
                number,
                open: self.open.clone(),
            };
            return (stream, address);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().connection.clone()
    }
}

/// A TCP stream that fails once its connection is cut.
pub(crate) struct CuttableStream {
    tcp: TcpStream,
    connection: Connection,
    number: u64,
    open: Arc<OpenConnections>,
}

impl Drop for CuttableStream {
    fn drop(&mut self) {
        self.open.remove(self.number);
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let cut = &self.connection.cut;
        // Registered before the check, so that a cut in between is not missed.
        cut.reader.register(context.waker());
        cut.check()?;
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.cut.check()?;
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.cut.check()?;
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.connection.cut.check()?;
        Pin::new(&mut self.tcp).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}
