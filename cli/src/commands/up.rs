//! `gm up`: runs the project's network.

use super::detach;
use crate::{
    args::{ClockArg, parse},
    context::Context,
    error::{CliError, Code},
    logging,
    progress::Progress,
    settings::Source,
};
use clap::{Args, ValueEnum};
use gm_chain::config::{Duration, Project};
use gm_orchestrator::{
    embedded,
    launch::LaunchError,
    manifest::NetworkManifest,
    parent_check,
    plan::{Overrides, Plan, tier},
    process::ProcessId,
    registry::{self, Entry, Registration},
    state_dir::{StateDir, log_file},
};
use std::{
    fmt::Write as _,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    time,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Run the project's network until Ctrl-C
///
/// Ready means reachable: the endpoints are printed only when every one answers and every chain
/// has advanced past its genesis.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Folder of the project
    pub(super) path: Option<PathBuf>,
    /// What runs the chains
    #[arg(long, value_enum, default_value_t = EngineArg::Embedded)]
    engine: EngineArg,
    /// Return once the network is ready and leave it running in the background
    #[arg(short, long)]
    detach: bool,
    /// Keep no state: every start is from genesis, and nothing is left
    #[arg(long)]
    pub(super) ephemeral: bool,
    /// Stop by itself after this long, as 30m [env: GM_TTL]
    #[arg(long, value_name = "DURATION", value_parser = parse::<Duration>)]
    ttl: Option<Duration>,
    /// Port of the Layer 1, the other tiers taking the next ones; 0: any free ports [env: GM_PORT]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    #[command(flatten)]
    clock: ClockArg,
    /// Print what would run, and run nothing
    #[arg(long)]
    plan: bool,
    /// Run as the background process of --detach, logging to this file
    #[arg(long, value_name = "LOG", hide = true)]
    daemon: Option<PathBuf>,
}

/// The engines of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineArg {
    /// All tiers in one process; needs nothing installed
    Embedded,
}

/// Runs the network, or prints its plan.
pub(crate) async fn run(args: &UpArgs, context: &Context) -> Result<(), CliError> {
    let EngineArg::Embedded = args.engine;
    let folder = context.project_dir(args.path.as_deref());
    let mut project = context.load_project(&folder)?;
    let plan = make_plan(args, context, &mut project, &folder)?;
    if args.plan {
        context.output.result(&plan, &plan);
        return Ok(());
    }
    if args.detach {
        let port = context.settings.port(args.port)?.value;
        return detach::run(&plan, port, context).await;
    }
    Foreground { context, daemon_log: args.daemon.as_deref() }.run(plan).await
}

fn make_plan(
    args: &UpArgs,
    context: &Context,
    project: &mut Project,
    folder: &Path,
) -> Result<Plan, CliError> {
    let settings = &context.settings;
    let overrides = Overrides {
        ephemeral: args.ephemeral,
        port: settings.port(args.port)?.value,
        clock: Some(settings.clock(args.clock.clock, project)?.value),
        ttl: settings.ttl(args.ttl)?.value.map(|ttl| time::Duration::from_secs(ttl.as_secs())),
    };
    project.accounts.mnemonic = settings.mnemonic(project).value;
    Ok(Plan::new(project, folder, &overrides)?)
}

/// A network that runs as long as this process.
struct Foreground<'a> {
    context: &'a Context,
    daemon_log: Option<&'a Path>,
}

impl Foreground<'_> {
    async fn run(&self, plan: Plan) -> Result<(), CliError> {
        let mut stop = Stop::new(plan.ttl, self.daemon_log.is_none())?;
        let log = self.prepare(&plan)?;
        parent_check::check(&plan.parent).await?;
        let mut registration = register(&plan, log.clone());
        let ephemeral = plan.state_dir.is_none();
        let progress = Progress::new(&self.context.output, self.context.settings.color.value);
        let shown = progress.clone();
        let launched = tokio::select! {
            launched = embedded::launch(plan, move |event| shown.event(&event)) => launched,
            () = stop.wait() => Err(LaunchError::Interrupted),
        };
        progress.finish();
        let mut running = launched?;
        if let Some(registration) = &mut registration {
            // The network runs; that others cannot find it is no reason to stop it.
            if let Err(error) = registration.ready(running.manifest()) {
                tracing::warn!(%error, "the registry of running networks was not written");
            }
        }
        let manifest = running.manifest();
        self.context.output.result(manifest, ready(manifest, self.daemon_log.is_none()));
        let ended = tokio::select! {
            error = running.wait() => Err(error.into()),
            () = stop.wait() => Ok(()),
        };
        self.context.output.note("stopping …");
        running.shutdown().await;
        if let Some(log) = log.filter(|_| ephemeral) {
            // An ephemeral network leaves no file.
            let _ = std::fs::remove_file(log);
        }
        ended
    }

    /// Refuses what can be refused before anything is started, and opens the log.
    fn prepare(&self, plan: &Plan) -> Result<Option<PathBuf>, CliError> {
        if let Some(root) = &plan.state_dir {
            drop(StateDir::open(root)?);
        }
        check_ports(plan)?;
        let filter = &self.context.settings.log;
        let log = match (&plan.state_dir, self.daemon_log) {
            (_, Some(log)) => Some(log.to_owned()),
            (Some(root), None) => Some(log_file(root)?),
            (None, None) => None,
        };
        match &log {
            Some(log) => logging::to_file(log, &filter.value, self.daemon_log.is_some())?,
            None if filter.source == Source::Default => logging::to_stderr("warn")?,
            None => logging::to_stderr(&filter.value)?,
        }
        Ok(log)
    }
}

/// Tries every fixed port, so that a taken one is named before a chain is opened.
pub(super) fn check_ports(plan: &Plan) -> Result<(), CliError> {
    for chain in plan.chains.iter().filter(|chain| chain.port != 0) {
        if let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, chain.port)) {
            if error.kind() == std::io::ErrorKind::AddrInUse {
                return Err(LaunchError::port_in_use(chain.port, tier(chain.role)).into());
            }
            return Err(LaunchError::failed(
                tier(chain.role),
                format!("port {} cannot be opened: {error}", chain.port),
            )
            .into());
        }
    }
    Ok(())
}

fn register(plan: &Plan, log: Option<PathBuf>) -> Option<Registration> {
    let entry = Entry {
        process: ProcessId::current(),
        network: plan.network.clone(),
        project_dir: plan.project_dir.clone(),
        state_dir: plan.state_dir.clone(),
        log,
        manifest: None,
    };
    Registration::new(entry)
        .inspect_err(|error| tracing::warn!(%error, "`gm down --all` will not find this network"))
        .ok()
}

/// What a person is told when the network is ready.
pub(super) fn ready(manifest: &NetworkManifest, foreground: bool) -> String {
    let mut text = format!("{} is ready\n\n", manifest.network);
    let mut line = |args: std::fmt::Arguments<'_>| {
        text.write_fmt(args).expect("writing to a string does not fail");
    };
    line(format_args!("tier  {:<20} {:>16}  http and ws\n", "chain", "chain id"));
    for chain in &manifest.chains {
        line(format_args!(
            "{:<4}  {:<20} {:>16}  {}  {}\n",
            tier(chain.role),
            chain.name,
            chain.chain_id,
            chain.http,
            chain.ws
        ));
    }
    line(format_args!("\n"));
    for (index, account) in manifest.accounts.iter().enumerate() {
        match &account.private_key {
            Some(key) => line(format_args!("account {index}  {}  key {key}\n", account.address)),
            None => line(format_args!("account {index}  {}\n", account.address)),
        }
    }
    if foreground {
        line(format_args!("\nCtrl-C stops it.\n"));
    } else {
        line(format_args!(
            "\n`gm status` shows it, `gm logs -f` follows it, `gm down` stops it.\n"
        ));
    }
    text
}

/// Whatever ends a network: a signal, its time to live, the end of its parent.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    deadline: Option<tokio::time::Instant>,
    parent: Option<i32>,
}

impl Stop {
    fn new(ttl: Option<time::Duration>, watch_parent: bool) -> Result<Self, CliError> {
        let listen =
            |kind| signal(kind).map_err(|error| CliError::internal(format!("no signals: {error}")));
        // A process whose parent is the first one was meant to be on its own.
        let parent = watch_parent.then(parent_id).filter(|pid| *pid > 1);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
            deadline: ttl.map(|ttl| tokio::time::Instant::now() + ttl),
            parent,
        })
    }

    async fn wait(&mut self) {
        let deadline = self.deadline;
        let ttl = async move {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let parent = self.parent;
        let orphaned = async move {
            let Some(parent) = parent else { return std::future::pending().await };
            while parent_id() == parent {
                tokio::time::sleep(time::Duration::from_millis(500)).await;
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
            () = ttl => {}
            () = orphaned => {}
        }
    }
}

fn parent_id() -> i32 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::getppid() }
}

/// The folder where logs of networks without a state folder are kept while they run.
pub(super) fn ephemeral_log() -> Result<PathBuf, CliError> {
    let folder = registry::folder().map_err(|error| {
        CliError::new(
            Code::NotWritable,
            format!("the registry of running networks cannot be written: {error}"),
            "set XDG_RUNTIME_DIR or HOME to a folder of yours",
        )
    })?;
    let now = time::SystemTime::now().duration_since(time::UNIX_EPOCH).unwrap_or_default();
    Ok(folder.join(format!("{}-{}.log", std::process::id(), now.as_nanos())))
}
