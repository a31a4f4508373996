//! Reading connections.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use r2d2_sqlite::SqliteConnectionManager;

use super::connection::{prepare_reader, reader_flags};
use super::error::StoreError;
use super::reports::Tables;

/// Connections of the pool at most.
const MOST: u32 = 8;
/// How long a spare one may take to open.
const SPARE: Duration = Duration::from_millis(100);

/// A pool of read-only connections; cheap to clone. Used on blocking threads only.
#[derive(Clone)]
pub struct Readers {
    pool: r2d2::Pool<SqliteConnectionManager>,
    wal: PathBuf,
    tables: Arc<Tables>,
}

pub(crate) type Reader = r2d2::PooledConnection<SqliteConnectionManager>;

impl Readers {
    pub fn open(path: &Path) -> Result<Readers, StoreError> {
        let manager = SqliteConnectionManager::file(path)
            .with_flags(reader_flags())
            .with_init(prepare_reader);
        let pool = r2d2::Pool::builder()
            .max_size(MOST)
            .min_idle(Some(0))
            .connection_timeout(Duration::from_secs(5))
            .test_on_check_out(false)
            .build_unchecked(manager);
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        Ok(Readers {
            pool,
            wal: wal.into(),
            tables: Arc::default(),
        })
    }

    pub(crate) fn get(&self) -> Result<Reader, StoreError> {
        Ok(self.pool.get()?)
    }

    /// A further connection, for whoever can go on without: none where half of them are in use, so
    /// that a report takes none from those who cannot.
    pub(crate) fn spare(&self) -> Option<Reader> {
        let state = self.pool.state();
        let in_use = state.connections - state.idle_connections;
        let is_free = in_use < MOST / 2;
        is_free.then(|| self.pool.get_timeout(SPARE).ok()).flatten()
    }

    /// What reports keep of the file.
    pub(in crate::store) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Size of the write-ahead log file in bytes; 0 where there is none.
    pub fn wal_bytes(&self) -> u64 {
        std::fs::metadata(&self.wal).map_or(0, |meta| meta.len())
    }
}
