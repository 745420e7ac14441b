//! `/health` and `/metrics` on a loopback listener: as little HTTP/1.0 as a probe and Prometheus need.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::core::Core;

/// Bytes of a request that are read; what we answer to is in the first line.
const REQUEST_BYTES_MAX: usize = 2048;

/// Probes at once; more wait in the listener's queue.
const PROBES_MAX: usize = 8;

/// How long a probe may take.
const PROBE_TIME_MAX: Duration = Duration::from_secs(5);

/// Answers probes until dropped.
pub(crate) async fn serve(listener: TcpListener, core: Arc<Core>) {
    let probes = Arc::new(Semaphore::new(PROBES_MAX));
    loop {
        let Ok(permit) = Arc::clone(&probes).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let core = Arc::clone(&core);
                tokio::spawn(async move {
                    let _answered_or_too_slow = timeout(PROBE_TIME_MAX, answer(stream, &core)).await;
                    drop(permit);
                });
            }
            // Out of file descriptors, most likely: try again when there may be some.
            Err(_) => tokio::time::sleep(PROBE_TIME_MAX).await,
        }
    }
}

async fn answer(mut stream: TcpStream, core: &Core) -> std::io::Result<()> {
    let mut request = Vec::with_capacity(REQUEST_BYTES_MAX);
    while !request.ends_with(b"\r\n\r\n") && request.len() < REQUEST_BYTES_MAX {
        let mut piece = [0; 512];
        let count = stream.read(&mut piece).await?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else {
            break;
        };
        request.extend_from_slice(read);
    }
    let (status, body) = respond(&request, core);
    let head = format!(
        "HTTP/1.0 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

fn respond(request: &[u8], core: &Core) -> (&'static str, String) {
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    match (words.next(), words.next()) {
        (Some(b"GET"), Some(b"/health")) if core.stopping.load(Ordering::Relaxed) => {
            ("503 Service Unavailable", "stopping\n".into())
        }
        (Some(b"GET"), Some(b"/health")) => ("200 OK", "ok\n".into()),
        (Some(b"GET"), Some(b"/metrics")) => {
            ("200 OK", core.metrics.text(core.store.queued_writes(), core.rendezvous.len()))
        }
        (Some(b"GET"), _) => ("404 Not Found", "/health or /metrics\n".into()),
        _ => ("405 Method Not Allowed", "GET only\n".into()),
    }
}
