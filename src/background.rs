//! Threads of work that can wait.
//!
//! Only for work that holds no lock which the click path or the writer waits for: a thread that has
//! stepped back and is interrupted while it holds one keeps them waiting for tens of milliseconds
//! (measured, with the threads that hand edits to the writer).

use std::io;
use std::thread::{Builder, JoinHandle};

/// How far the system prefers clicks, postbacks and their writer where there are too few processors
/// for all: four fifths down the scale. One of them gets a thirtieth of what a click gets.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

/// Starts a thread that gets a processor after those that visitors and networks wait for.
pub fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let yielding = move || {
        step_back();
        work()
    };
    Builder::new().name(name.to_owned()).spawn(yielding)
}

/// Lowers the priority of this thread; elsewhere than on Linux that of the whole process would be.
pub fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "a background thread keeps its priority");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn only_the_thread_itself_steps_back() {
        use rustix::process::getpriority_process;

        use super::{NICENESS, spawn};

        let before = getpriority_process(None).unwrap();
        let inside = spawn("background", || getpriority_process(None).unwrap());
        assert_eq!(inside.unwrap().join().unwrap(), before.max(NICENESS));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
