//! Commands while no server runs. The lock on the data directory must be held.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, bail};
use serde_json::Value;

use super::{DATABASE, SPILL, absolute, answer, read_order, rules, told};
use crate::clock;
use crate::config::Config;
use crate::demo::{self, DemoError, Plan};
use crate::domain::id::{IdCodec, IdGenerator};
use crate::engine::Catalog;
use crate::engine::counters::Looking;
use crate::importer::Importer;
use crate::rules::ready;
use crate::simulator::Surroundings;
use crate::store::api_keys;
use crate::store::connection::open_writer;
use crate::store::conversions::Books;
use crate::store::rates::RateBook;
use crate::store::readers::Readers;
use crate::store::writer::Writer;
use crate::store::{clicks, counts, entities, migrations, settings};

/// Makes an API key while no server runs.
pub fn create_api_key_offline(config: &Config, name: &str) -> anyhow::Result<String> {
    let path = config.storage.data.join(DATABASE);
    let mut connection = open_writer(&path, config.durability())
        .with_context(|| format!("cannot open the database {}", path.display()))?;
    migrations::migrate(&mut connection, &path)?;
    Ok(api_keys::create(&connection, name, clock::now_ms())?)
}

/// Answers a question to the simulator while no server runs. The lock on the data directory must
/// be held.
pub fn simulate_offline(config: &Config, question: &Value) -> anyhow::Result<String> {
    let data = &config.storage.data;
    let path = existing_database(data)?;
    let mut connection = open_writer(&path, config.durability())
        .with_context(|| format!("cannot open the database {}", path.display()))?;
    migrations::migrate(&mut connection, &path)?;
    let documents = entities::load(&connection)?;
    let (catalog, _) = Catalog::compile_lenient(&documents);
    let readers = Readers::open(&path)?;
    let rates = RateBook::load(&connection)?;
    let counts = counts::restore(&readers, &documents, &rates.now(), clock::now_ms())?;
    answer(
        question,
        &Surroundings {
            catalog: &catalog,
            rules: &Arc::new(rules(config, data)?),
            fingerprint_key: &settings::secret16(&connection, "fingerprint_secret")?,
            counters: &Looking(&counts),
            rates: &rates.now(),
            now_ms: clock::now_ms(),
        },
    )
}

/// Imports a file while no server runs, or previews it.
pub fn import_offline(
    config: &Config,
    file: &[u8],
    order: &Value,
    tell: impl FnMut(u64, u64),
) -> anyhow::Result<Value> {
    let data = &config.storage.data;
    let path = existing_database(data)?;
    let mut connection = open_writer(&path, config.durability())
        .with_context(|| format!("cannot open the database {}", path.display()))?;
    migrations::migrate(&mut connection, &path)?;
    let documents = entities::load(&connection)?;
    let documents = Arc::new(documents);
    let rates = Arc::clone(&RateBook::load(&connection)?.now());
    let codec = IdCodec::new(&settings::secret16(&connection, "click_id_secret")?);
    let writer = Writer::start(connection, &data.join(SPILL), &config.writer_settings())?;
    let readers = Readers::open(&path)?;
    let highest = clicks::log::highest_id(&readers)?.max(writer.highest_spilled());
    let books = Books {
        // The next start of the server counts again what happens here.
        counts: Arc::new(counts::restore(
            &readers,
            &documents,
            &rates,
            clock::now_ms(),
        )?),
        rates,
        ids: Arc::new(IdGenerator::new(config.storage.node, highest)),
        codec: codec.clone(),
        // What they leave is done when the server runs.
        rules: Arc::new(ready(&documents, &[])),
        documents,
        bell: Arc::default(),
    };
    let importer = Importer::new(writer.clone(), readers, codec, move || books.clone());
    importer.note_interrupted()?;
    let answer = read_order(order).and_then(|order| match order.preview {
        true => Ok(serde_json::to_value(
            importer.preview(file, &order).map_err(told)?,
        )?),
        false => Ok(serde_json::to_value(
            importer.import(file, &order, tell).map_err(told)?,
        )?),
    });
    writer.stop();
    answer
}

/// Opens what is stored while no server runs, for work on it.
pub fn with_storage<T>(
    config: &Config,
    work: impl FnOnce(&Writer, &Readers) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let data = &config.storage.data;
    let path = existing_database(data)?;
    let mut connection = open_writer(&path, config.durability())
        .with_context(|| format!("cannot open the database {}", path.display()))?;
    migrations::migrate(&mut connection, &path)?;
    let writer = Writer::start(connection, &data.join(SPILL), &config.writer_settings())?;
    let readers = Readers::open(&path)?;
    let done = work(&writer, &readers);
    writer.stop();
    done
}

/// Makes the database of a demo in a directory that has none yet. Tells how many clicks there are so
/// far, now and then.
pub fn make_demo(
    data: &Path,
    plan: &Plan,
    stop: &AtomicBool,
    tell: impl FnMut(u64),
) -> Result<(), DemoError> {
    let path = data.join(DATABASE);
    if path.exists() {
        return Err(DemoError::InUse(absolute(data)));
    }
    demo::make(&path, plan, stop, tell)
}

fn existing_database(data: &Path) -> anyhow::Result<PathBuf> {
    let path = data.join(DATABASE);
    if !path.exists() {
        bail!(
            "there is no database in \"{}\"; name the right directory with --data",
            absolute(data)
        );
    }
    Ok(path)
}
