//! The line in which reports wait: a few run at once, in the order in which they came.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Reports that run at once.
const RUNNING_MAX: usize = 2;
/// Reports that wait.
const WAITING_MAX: usize = 32;
/// How long one waits for its turn at most.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Who may run and who has to wait. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    /// Everybody in it, running or waiting.
    line: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

/// The right to run, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _line: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
}

/// Too many are waiting, or it took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("so many reports are being made that this one did not get its turn")]
pub struct Full;

impl Default for Queue {
    fn default() -> Self {
        Self {
            line: Arc::new(Semaphore::new(RUNNING_MAX + WAITING_MAX)),
            running: Arc::new(Semaphore::new(RUNNING_MAX)),
        }
    }
}

impl Queue {
    /// Waits for a turn.
    pub async fn turn(&self) -> Result<Turn, Full> {
        let line = Arc::clone(&self.line).try_acquire_owned();
        let line = line.map_err(|_| Full)?;
        let running = timeout(WAIT_MAX, Arc::clone(&self.running).acquire_owned()).await;
        Ok(Turn {
            _line: line,
            _running: running.map_err(|_| Full)?.map_err(|_| Full)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    /// Whether a turn comes at once.
    async fn at_once(
        waiting: std::pin::Pin<&mut impl Future<Output = Result<Turn, Full>>>,
    ) -> Option<Result<Turn, Full>> {
        let mut waiting = waiting;
        std::future::poll_fn(|context| match waiting.as_mut().poll(context) {
            Poll::Ready(turn) => Poll::Ready(Some(turn)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    #[actix_web::test]
    async fn two_run_and_the_next_waits_until_one_is_done() {
        let queue = Queue::default();
        let first = queue.turn().await.expect("a turn");
        let _second = queue.turn().await.expect("a turn");
        let mut third = Box::pin(queue.turn());
        assert!(at_once(third.as_mut()).await.is_none());

        drop(first);

        assert!(matches!(at_once(third.as_mut()).await, Some(Ok(_))));
    }

    #[actix_web::test]
    async fn whoever_finds_the_line_full_is_sent_away_and_whoever_leaves_makes_room() {
        let queue = Queue::default();
        let _running = [queue.turn().await, queue.turn().await];
        let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(queue.turn())).collect();
        for one in &mut waiting {
            assert!(at_once(one.as_mut()).await.is_none());
        }

        assert_eq!(queue.turn().await.err(), Some(Full));

        waiting.pop();
        let mut last = Box::pin(queue.turn());
        assert!(at_once(last.as_mut()).await.is_none());
    }
}
