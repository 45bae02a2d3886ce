//! Notices when a connection had to be made for a request.
//!
//! The pacer stamps a departure, and then the first request of a while still has to shake hands: it
//! arrives a good part of a second late, the next one on the ready connection does not, and an upstream
//! that counts arrivals sees the two too close together. So the end of each handshake moves the stamp.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tokio::time::Instant;
use tower::{Layer, Service};

use crate::Pacer;

/// Wraps the connector of the HTTP client.
#[derive(Clone)]
pub(crate) struct Noticing {
    pub(crate) pacer: Pacer,
}

impl<S> Layer<S> for Noticing {
    type Service = NoticingConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        NoticingConnector {
            inner,
            pacer: self.pacer.clone(),
        }
    }
}

/// The wrapped connector.
#[derive(Clone)]
pub(crate) struct NoticingConnector<S> {
    inner: S,
    pacer: Pacer,
}

impl<S, Address> Service<Address> for NoticingConnector<S>
where
    S: Service<Address>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, address: Address) -> Self::Future {
        let connecting = self.inner.call(address);
        let pacer = self.pacer.clone();
        Box::pin(async move {
            let connection = connecting.await?;
            pacer.left_late(Instant::now());
            Ok(connection)
        })
    }
}
