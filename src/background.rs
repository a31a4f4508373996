//! Threads of work that can wait.
//!
//! Only for work that holds no lock which the click path or the writer waits for: a thread that has
//! stepped back and is interrupted while it holds one keeps them waiting for tens of milliseconds
//! (measured, with the threads that hand edits to the writer).

/// How far the system prefers clicks, postbacks and their writer where there are too few processors
/// for all: four fifths down the scale. One of them gets a thirtieth of what a click gets.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

/// Lets this thread have a processor after those that visitors and networks wait for. Nothing elsewhere
/// than on Linux, where it would be the whole process.
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

        use super::{NICENESS, step_back};

        let before = getpriority_process(None).unwrap();
        let inside = std::thread::spawn(|| {
            step_back();
            getpriority_process(None).unwrap()
        });
        assert_eq!(inside.join().unwrap(), before.max(NICENESS));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
