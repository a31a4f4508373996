//! Postbacks in the file: the raw log, and the words in it that nobody has mapped.

pub mod log;
pub mod unmapped;
