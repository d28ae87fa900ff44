//! Installs the pinned npm packages outside the source tree, extracts and compiles the contracts,
//! and hands their bytecode to the crate. Both steps are cached by the content of what they read.

use std::{
    env, fs,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// Everything the embedded bytecode depends on.
const INPUTS: [&str; 4] =
    ["package.json", "package-lock.json", "contracts/extract.cjs", "contracts/TestToken.sol"];

/// What the extraction writes.
const OUTPUTS: [&str; 2] = ["contracts.bin", "contracts.rs"];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=GM_CACHE_DIR");
    for input in INPUTS {
        println!("cargo::rerun-if-changed={input}");
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let source = directory("CARGO_MANIFEST_DIR")?;
    let out = directory("OUT_DIR")?;
    let cache = cache_directory(&out);
    let contracts = cache.join(format!("contracts-{}", digest(&source, &INPUTS)?));
    if !is_complete(&contracts) {
        create(&contracts)?;
        // Another build of the same sources may be at work: one does it, the others wait.
        let _lock = lock(&contracts)?;
        if !is_complete(&contracts) {
            let modules = install(&source, &cache)?;
            extract(&source, &modules, &contracts)?;
            complete(&contracts)?;
        }
    }
    for output in OUTPUTS {
        let (from, to) = (contracts.join(output), out.join(output));
        fs::copy(&from, &to).map_err(|error| format!("cannot copy {}: {error}", from.display()))?;
    }
    Ok(())
}

/// Runs `npm ci` once for each content of the lock file. Returns the `node_modules` folder.
fn install(source: &Path, cache: &Path) -> Result<PathBuf, String> {
    let packages = ["package.json", "package-lock.json"];
    let folder = cache.join(format!("npm-{}", digest(source, &packages)?));
    let modules = folder.join("node_modules");
    create(&folder)?;
    let _lock = lock(&folder)?;
    if is_complete(&folder) {
        return Ok(modules);
    }
    for package in packages {
        fs::copy(source.join(package), folder.join(package))
            .map_err(|error| format!("cannot copy {package}: {error}"))?;
    }
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder))?;
    complete(&folder)?;
    Ok(modules)
}

fn extract(source: &Path, modules: &Path, out: &Path) -> Result<(), String> {
    let contracts = source.join("contracts");
    run(Command::new("node").arg(contracts.join("extract.cjs")).args([modules, &contracts, out]))
}

/// Runs a program of Node. The error is one sentence, or what the program itself said.
fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        format!("gm-chain needs Node.js 20 or newer to build its contracts; `{program}`: {error}")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("gm-chain cannot build its contracts: `{program}` failed\n{}", said.trim()))
}

fn directory(variable: &str) -> Result<PathBuf, String> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| format!("cargo did not set {variable}"))
}

/// `$GM_CACHE_DIR`, else `~/.cache/gm`, else the build's own output folder.
fn cache_directory(out: &Path) -> PathBuf {
    env::var_os("GM_CACHE_DIR")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/gm")))
        .filter(|cache| fs::create_dir_all(cache).is_ok())
        .unwrap_or_else(|| out.to_path_buf())
}

/// FNV-1a over the files' content: enough to tell versions of our own files apart.
fn digest(source: &Path, files: &[&str]) -> Result<String, String> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        let content =
            fs::read(source.join(file)).map_err(|error| format!("cannot read {file}: {error}"))?;
        for byte in content.iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(format!("{hash:016x}"))
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))
}

/// Held until the file is dropped.
fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join(".lock");
    let file = File::create(&path);
    file.and_then(|file| file.lock().map(|()| file))
        .map_err(|error| format!("cannot lock {}: {error}", path.display()))
}

fn is_complete(folder: &Path) -> bool {
    folder.join(".complete").exists()
}

fn complete(folder: &Path) -> Result<(), String> {
    fs::write(folder.join(".complete"), [])
        .map_err(|error| format!("cannot write to {}: {error}", folder.display()))
}
