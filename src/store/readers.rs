//! Reading connections.

use std::path::{Path, PathBuf};

use r2d2_sqlite::SqliteConnectionManager;

use super::connection::{prepare_reader, reader_flags};
use super::error::StoreError;

/// A pool of read-only connections; cheap to clone. Used on blocking threads only.
#[derive(Clone)]
pub struct Readers {
    pool: r2d2::Pool<SqliteConnectionManager>,
    wal: PathBuf,
}

pub(crate) type Reader = r2d2::PooledConnection<SqliteConnectionManager>;

impl Readers {
    pub fn open(path: &Path) -> Result<Readers, StoreError> {
        let manager = SqliteConnectionManager::file(path)
            .with_flags(reader_flags())
            .with_init(prepare_reader);
        let pool = r2d2::Pool::builder()
            .max_size(4)
            .min_idle(Some(0))
            .connection_timeout(std::time::Duration::from_secs(5))
            .test_on_check_out(false)
            .build_unchecked(manager);
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        Ok(Readers {
            pool,
            wal: wal.into(),
        })
    }

    pub(crate) fn get(&self) -> Result<Reader, StoreError> {
        Ok(self.pool.get()?)
    }

    /// Size of the write-ahead log file in bytes; 0 where there is none.
    pub fn wal_bytes(&self) -> u64 {
        std::fs::metadata(&self.wal).map_or(0, |meta| meta.len())
    }
}
