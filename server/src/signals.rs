//! Being told to stop: Ctrl-C and SIGTERM.

use std::future::Future;

use tokio_util::sync::CancellationToken;

/// Cancelled when this process is told to stop. It listens from the call on, so that no signal is lost.
pub(crate) fn told_to_stop() -> CancellationToken {
    let told = CancellationToken::new();
    let token = told.clone();
    let signal = either();
    tokio::spawn(async move {
        signal.await;
        token.cancel();
    });
    told
}

#[cfg(unix)]
fn either() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    async fn comes(signal: std::io::Result<Signal>) {
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "a signal cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    }

    let (interrupt, terminate) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    async {
        tokio::select! {
            () = comes(interrupt) => {}
            () = comes(terminate) => {}
        }
    }
}

#[cfg(not(unix))]
async fn either() {
    let _ = tokio::signal::ctrl_c().await;
}
