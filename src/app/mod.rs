//! The composition root: introduces all parts to each other, runs them, stops them in order.

mod offline;

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use arc_swap::ArcSwap;
use serde_json::Value;

use crate::clerk::Clerk;
use crate::clock;
use crate::config::Config;
use crate::control::{self, Request};
use crate::detect::Rules;
use crate::detect::bot::BotRules;
use crate::detect::client_ip::ProxyRules;
use crate::detect::geo::Bases;
use crate::domain::id::{IdCodec, IdGenerator};
use crate::domain::problem::Problem;
use crate::editor::Editor;
use crate::engine::Catalog;
use crate::engine::counters::Looking;
use crate::engine::memory::Visitors;
use crate::evaluator::{Evaluating, Evaluator};
use crate::herald::Herald;
use crate::herald::budgets::Watcher;
use crate::herald::summaries::Teller;
use crate::importer::{Importer, Order, Refused};
use crate::jobs::{Jobs, Worker};
use crate::keeper::Keeper;
use crate::library::{Desk, Library};
use crate::reporter::Reporter;
use crate::sender::{Post, Sender};
use crate::simulator::{Question, Surroundings, simulate};
use crate::store::api_keys::{self, ApiKeys};
use crate::store::checkpoint::Checkpointer;
use crate::store::columns;
use crate::store::columns::sealer::{Sealer, Sealing};
use crate::store::connection::open_writer;
use crate::store::error::StoreError;
use crate::store::imports;
use crate::store::jobs;
use crate::store::lock::DirectoryLock;
use crate::store::rates::RateBook;
use crate::store::readers::Readers;
use crate::store::tallies::Tallies;
use crate::store::writer::Writer;
use crate::store::{channels, clicks, conversions, counts, entities, migrations, settings};
use crate::upkeep::{Subjects, Upkeep};
use crate::web::download::Downloads;
use crate::web::recent::RecentClicks;
use crate::web::server;
use crate::web::state::Shared;
use crate::web::step::StepSigner;

pub use offline::{
    create_api_key_offline, import_offline, make_demo, simulate_offline, with_storage,
};

/// Name of the database in the data directory.
const DATABASE: &str = "millrace.db";
const SPILL: &str = "millrace.spill";
/// Name of the setting that says that the last run ended in order.
const CLEAN_STOP: &str = "clean_stop";
/// Postbacks of the last moments before a crash: their senders may have had no answer.
const UNTOLD_MS: i64 = 5_000;

/// A tracker that is ready to serve.
pub struct App {
    config: Config,
    shared: Arc<Shared>,
    editor: Arc<Editor>,
    checkpointer: Checkpointer,
    upkeep: Upkeep,
    worker: Worker,
    sender: Sender,
    herald: Herald,
    evaluator: Evaluator,
    sealer: Sealer,
    _lock: DirectoryLock,
}

impl App {
    /// Opens the data directory and everything in it. Nothing is served yet.
    pub fn build(config: Config) -> anyhow::Result<App> {
        ignore_file_size_signal();
        let data = config.storage.data.clone();
        create_data_directory(&data)?;
        let Some(lock) = DirectoryLock::take(&data)? else {
            bail!(
                "another Millrace serves the data in \"{}\" already; stop it first, or give this one \
                 a directory of its own with --data",
                absolute(&data)
            );
        };
        let rules = Arc::new(rules(&config, &data)?);
        let path = data.join(DATABASE);
        let mut connection = open_writer(&path, config.durability())
            .with_context(|| format!("cannot open the database {}", path.display()))?;
        migrations::migrate(&mut connection, &path)
            .with_context(|| format!("cannot bring {} up to date", path.display()))?;
        let vault = channels::vault(&connection)?;
        let documents = entities::load(&connection)?;
        let highest_flow_id = entities::highest_flow_id(&connection)?;
        let keys = Arc::new(ApiKeys::load(&connection)?);
        let rates = Arc::new(RateBook::load(&connection)?);
        let codec = IdCodec::new(&settings::secret16(&connection, "click_id_secret")?);
        let fingerprint_key = settings::secret16(&connection, "fingerprint_secret")?;
        let steps = StepSigner::new(&settings::secret16(&connection, "step_secret")?);
        let visitor_key = settings::secret16(&connection, "visitor_secret")?;

        let writer = Writer::start(connection, &data.join(SPILL), &config.writer_settings())?;
        let readers = Readers::open(&path)?;
        let highest = clicks::log::highest_id(&readers)?.max(writer.highest_spilled());
        let ids = Arc::new(IdGenerator::new(config.storage.node, highest));
        if let Err(error) = note_a_crash(&writer) {
            tracing::warn!(%error, "retries of the last postbacks before this start may count twice");
        }
        // After the writer has taken the spill over: its clicks count too.
        let counts = counts::restore(&readers, &documents, &rates.now(), clock::now_ms())?;
        let counts = Arc::new(counts);
        let (first, problems) = Catalog::compile_lenient(&documents);
        for found in &problems {
            for problem in &found.problems {
                tracing::error!(
                    campaign = found.campaign_id,
                    field = problem.field,
                    "a flow is passed over: {}",
                    problem.message
                );
            }
        }
        let catalog = Arc::new(ArcSwap::from_pointee(first));
        let visitors = Arc::new(Visitors::new(config.uniqueness_bytes(), &visitor_key));
        let keeper = Keeper::open(&data, Arc::clone(&visitors));
        keeper.warm(readers.clone(), catalog.load_full(), highest);
        let keeping = keeper.keeping();
        let (before, published) = (Arc::clone(&catalog), Arc::clone(&catalog));
        // The catalog before this one: were it dropped at once, a click that still uses it might
        // be the one to tidy it up.
        let retired = Mutex::new(None);
        let editor = Arc::new(Editor::open(
            writer.clone(),
            documents,
            highest_flow_id,
            move |documents| before.load().recompile(documents),
            move |compiled| {
                let old = published.swap(Arc::new(compiled));
                let mut retired = retired.lock().unwrap_or_else(PoisonError::into_inner);
                *retired = Some(old);
            },
        ));
        let tallies = Arc::new(Tallies::default());
        let library = Library {
            editor: Arc::clone(&editor),
            rates: Arc::clone(&rates),
            ids: Arc::clone(&ids),
            codec: codec.clone(),
            counts: Arc::clone(&counts),
            bell: Arc::default(),
            rulebook: Arc::default(),
        };
        let desk = Desk {
            library: library.clone(),
            readers: readers.clone(),
            writer: writer.clone(),
        };
        let importer = {
            let library = library.clone();
            let (writer, readers) = (writer.clone(), readers.clone());
            let books = move || library.books();
            Arc::new(Importer::new(writer, readers, codec.clone(), books))
        };
        importer.note_interrupted()?;
        let reporter = Arc::new(Reporter::new(Readers::open(&path)?, library.clone()));
        let checkpointer = Checkpointer::start(&path, writer.clone())?;
        let upkeep = Upkeep::start(Subjects {
            writer: writer.clone(),
            tallies: Arc::clone(&tallies),
            counts: Arc::clone(&counts),
            ids: Arc::clone(&ids),
            keeper,
            clerk: Clerk {
                desk: desk.clone(),
                log_days: config.postback.log_days,
                outbox_days: config.outbound.log_days,
            },
            rules: Arc::clone(&rules),
            data: data.clone(),
        })?;
        let jobs = Arc::new(Jobs::new(
            desk.clone(),
            Arc::clone(&rules.bots),
            config.retention.keeps_days(),
        ));
        let worker = Worker::start(Arc::clone(&jobs))?;
        let post = Post::new(
            config.outbound.allow_private,
            &config.outbound.telegram_api,
            vault.clone(),
        );
        let sender = Sender::start(writer.clone(), readers.clone(), post)?;
        let teller = Teller::new(desk.clone());
        let herald = Herald::start(Watcher::open(desk.clone())?, teller)?;
        let evaluating: Arc<Evaluating> = Arc::default();
        let evaluator = Evaluator::start(desk, Arc::clone(&evaluating))?;
        let sealing: Arc<Sealing> = Arc::default();
        let sealer = Sealer::start(writer.clone(), readers.clone(), Arc::clone(&sealing))?;
        let shared = Arc::new(Shared {
            catalog,
            rules,
            ids,
            codec,
            writer,
            readers,
            tallies,
            counts,
            rates,
            recent: RecentClicks::default(),
            visitors,
            keeping,
            keys,
            vault,
            fingerprint_key,
            steps,
            library,
            evaluating,
            sealing,
            importer,
            jobs,
            reporter,
            postbacks: config.postback.rules(),
            downloads: Downloads::default(),
            admin_hosts: config.admin.hosts.clone(),
        });
        listen_to_commands(&data, &shared);
        Ok(App {
            config,
            shared,
            editor,
            checkpointer,
            upkeep,
            worker,
            sender,
            herald,
            evaluator,
            sealer,
            _lock: lock,
        })
    }

    /// Serves until SIGTERM or Ctrl-C, then stores what is under way and ends.
    pub fn run_until_stopped(self) -> anyhow::Result<()> {
        let listen = self.config.server.listen;
        let workers = match self.config.server.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        let (shared, editor) = (Arc::clone(&self.shared), self.editor);
        let served: anyhow::Result<()> = actix_web::rt::System::new().block_on(async move {
            let (server, addresses) =
                server::start(listen, workers, shared, editor).with_context(|| {
                    format!(
                        "cannot listen on {listen} (choose another address with --listen or \
                         server.listen)"
                    )
                })?;
            for address in addresses {
                println!("listening on http://{address}");
            }
            server.await.context("the server ended")
        });
        self.shared.importer.stop();
        self.worker.stop();
        self.sealer.stop();
        self.evaluator.stop();
        self.herald.stop();
        self.sender.stop();
        self.upkeep.stop();
        self.checkpointer.stop();
        if let Err(error) = settings::leave(&self.shared.writer, CLEAN_STOP) {
            tracing::warn!(%error, "the next start takes this for a crash");
        }
        self.shared.writer.stop();
        let health = self.shared.writer.health();
        match health.lost + health.unstored {
            0 if served.is_err() => {}
            0 => tracing::info!("stopped; everything answered is stored"),
            lost => tracing::error!(lost, "stopped; neither file took these clicks"),
        }
        served
    }
}

/// After a crash nobody knows which senders of postbacks had their answer.
fn note_a_crash(writer: &Writer) -> Result<(), StoreError> {
    match settings::take(writer, CLEAN_STOP)? {
        true => Ok(()),
        false => conversions::mark_untold_since(writer, UNTOLD_MS),
    }
}

/// A directory as an operator can find it.
pub fn absolute(path: &Path) -> String {
    std::path::absolute(path).map_or(path.display().to_string(), |path| {
        path.display().to_string()
    })
}

/// Visitors' addresses and the secrets of click ids are nobody else's business: a directory that
/// is made here can be entered by its owner only.
pub fn create_data_directory(data: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("cannot create the data directory {}", data.display()))
}

/// Compiles what detection goes by. Geo bases that cannot be used are named and left out.
fn rules(config: &Config, data: &Path) -> anyhow::Result<Rules> {
    let (proxies, bots) = compile_rules(config).map_err(|problems| {
        let lines: Vec<_> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.field, problem.message))
            .collect();
        anyhow::anyhow!("the settings cannot be used: {}", lines.join("; "))
    })?;
    let (bases, warnings) = Bases::load(data);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(Rules {
        proxies,
        bots: Arc::new(bots),
        bases: ArcSwap::from_pointee(bases),
    })
}

fn compile_rules(config: &Config) -> Result<(ProxyRules, BotRules), Vec<Problem>> {
    let preset = Some(config.proxies.preset.as_str()).filter(|preset| !preset.is_empty());
    let proxies = ProxyRules::compile(&config.proxies.trusted, preset);
    let bots = BotRules::compile(&config.bots.user_agents, &config.bots.addresses);
    let under = |section: &'static str| {
        move |problems: Vec<Problem>| -> Vec<Problem> {
            problems
                .into_iter()
                .map(|problem| problem.under(section))
                .collect()
        }
    };
    match (
        proxies.map_err(under("proxies")),
        bots.map_err(under("bots")),
    ) {
        (Ok(proxies), Ok(bots)) => Ok((proxies, bots)),
        (proxies, bots) => {
            let problems = [proxies.err(), bots.err()];
            Err(problems.into_iter().flatten().flatten().collect())
        }
    }
}

/// What is wrong with the settings of detection.
pub fn check_rules(config: &Config) -> Vec<Problem> {
    compile_rules(config).err().unwrap_or_default()
}

/// Begins an import beside the requests, or previews it.
fn import(importer: &Arc<Importer>, file: &[u8], order: &Value) -> anyhow::Result<String> {
    let order = read_order(order)?;
    Ok(match order.preview {
        true => serde_json::to_string(&importer.preview(file, &order).map_err(told)?)?,
        false => serde_json::to_string(&importer.start(file, &order).map_err(told)?)?,
    })
}

fn read_order(order: &Value) -> anyhow::Result<Order> {
    Order::read(order).map_err(|problems| told(Refused::Invalid(problems)))
}

/// Every problem on a line of its own.
fn told(refused: Refused) -> anyhow::Error {
    anyhow::anyhow!("{refused}")
}

/// The simulator's answer as JSON; its problems as one error.
fn answer(question: &Value, surroundings: &Surroundings<'_>) -> anyhow::Result<String> {
    let outcome = Question::read(question).and_then(|question| simulate(&question, surroundings));
    match outcome {
        Ok(outcome) => Ok(serde_json::to_string(&outcome)?),
        Err(problems) => {
            let lines = problems.iter().map(|problem| match problem.field.as_str() {
                "" => problem.message.clone(),
                field => format!("{field}: {}", problem.message),
            });
            bail!("{}", lines.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// Commands are a convenience: without the socket the server serves all the same.
fn listen_to_commands(data: &Path, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    let listening = control::serve(data, move |request, sent| match request {
        Request::CreateApiKey { name } => {
            let keys = Arc::clone(&shared.keys);
            let made = shared.writer.edit_blocking(move |connection| {
                let key = api_keys::create(connection, &name, clock::now_ms())?;
                keys.reload(connection)?;
                Ok(key)
            });
            Ok(made?)
        }
        Request::Simulate { question } => answer(
            &question,
            &Surroundings {
                catalog: &shared.catalog.load(),
                rules: &shared.rules,
                fingerprint_key: &shared.fingerprint_key,
                counters: &Looking(&*shared.counts),
                rates: &shared.rates.now(),
                now_ms: clock::now_ms(),
            },
        ),
        Request::Import { order, .. } => import(&shared.importer, &sent, &order),
        Request::ImportProgress { id } => match imports::find(&shared.readers, id)? {
            Some(import) => Ok(serde_json::to_string(&import)?),
            None => bail!("there is no import {id}"),
        },
        Request::Prune { days } => Ok(serde_json::to_string(&shared.jobs.prune(days)?)?),
        Request::JobProgress { id } => match jobs::find(&shared.readers, id)? {
            Some(job) => Ok(serde_json::to_string(&job)?),
            None => bail!("there is no job {id}"),
        },
        Request::RebuildColumns { at } => {
            let (writer, readers) = (&shared.writer, &shared.readers);
            let rebuilt = columns::rebuild(writer, readers, at, clock::now_ms())?;
            Ok(serde_json::to_string(&rebuilt)?)
        }
        Request::VerifyColumns { at } => {
            let verified = columns::verify(&shared.writer, &shared.readers, at)?;
            Ok(serde_json::to_string(&verified)?)
        }
    });
    if let Err(error) = listening {
        tracing::warn!("commands cannot reach this server: {error:#}");
    }
}

/// A file-size limit (`ulimit -f`) must be an error of one write, which the spill and the writer
/// know how to live with, not the end of the process.
fn ignore_file_size_signal() {
    let flag = Arc::new(std::sync::atomic::AtomicBool::new(false));
    if let Err(error) = signal_hook::flag::register(SIGXFSZ, flag) {
        tracing::warn!(%error, "a file-size limit would end this process");
    }
}

/// "File size limit exceeded", on Linux.
const SIGXFSZ: i32 = 25;
