//! Serving a simulator over HTTP.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    Error, Options, Simulator,
    api::{self, PREFIX},
    connection::{Connection, CuttableListener, OpenConnections},
    control,
    wire::error_body,
};

impl Simulator {
    /// The API under `/api/v1` and the control endpoints under `/_sim`, as a service. A request that shall be
    /// cut off gets a body that fails; only [`serve`](Self::serve) can close a connection without an answer.
    pub fn router(&self) -> Router {
        let api = any(api::handle);
        Router::new()
            .route(PREFIX, api.clone())
            .route(&format!("{PREFIX}/{{*rest}}"), api)
            .nest("/_sim", control::routes())
            .fallback(nothing_here)
            .with_state(self.clone())
    }

    /// Serves connections until `stop`. Then all of them are cut, whatever they wait for, as if the power was
    /// gone; afterwards nothing more happens to the account through them, the state file is free for another
    /// simulator, and this one can be served again.
    ///
    /// # Errors
    /// [`Error::Serve`] when the listener fails; those of taking the state file again.
    pub async fn serve(self, listener: TcpListener, stop: impl Future) -> Result<(), Error> {
        let generation = {
            let mut core = self.core();
            core.account.acquire_file()?;
            core.generation
        };
        let open = Arc::new(OpenConnections::default());
        let listener = CuttableListener {
            tcp: listener,
            open: open.clone(),
            generation,
        };
        let service = self
            .router()
            .into_make_service_with_connect_info::<Connection>();
        let result = tokio::select! {
            result = axum::serve(listener, service).into_future() => result.map_err(Error::Serve),
            _ = stop => Ok(()),
        };
        {
            let mut core = self.core();
            core.generation += 1;
            core.account.release_file();
        }
        self.has_moved();
        open.cut_all();
        result
    }

    /// Builds a simulator and serves it on a free port of this machine, in a task of its own.
    ///
    /// # Errors
    /// As [`new`](Self::new) and [`start`](Self::start).
    pub async fn spawn(options: Options) -> Result<Running, Error> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::new(options)?.start(address).await
    }

    /// Serves it on `address` (port 0: a free one) in a task of its own.
    ///
    /// # Errors
    /// [`Error::Bind`].
    pub async fn start(self, address: SocketAddr) -> Result<Running, Error> {
        let bind = |source| Error::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(self.clone().serve(listener, stopped));
        Ok(Running {
            simulator: self,
            address,
            stop,
            task,
        })
    }
}

async fn nothing_here() -> Response {
    let body = error_body("The API is under /api/v1, the simulator's own endpoints under /_sim.");
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "application/json")],
        body,
    )
        .into_response()
}

/// A simulator that is being served. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    simulator: Simulator,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
}

impl Running {
    /// Such as `http://127.0.0.1:4010`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a client is given: [`url`](Self::url) and `/api/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}{PREFIX}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The simulator that is served.
    #[must_use]
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Cuts all connections and stops. The account lives on and can be [started](Simulator::start) again, on
    /// the same address if need be.
    ///
    /// # Errors
    /// As [`Simulator::serve`], if it ended by itself.
    pub async fn stop(self) -> Result<Simulator, Error> {
        // Nobody listens any more when serving ended by itself: its own error tells.
        let _ = self.stop.send(());
        self.task.await.map_err(Error::Task)??;
        Ok(self.simulator)
    }
}
