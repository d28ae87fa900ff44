//! The generated pages of the documentation: the command line and the error codes. After a change,
//! run the tests with `GM_UPDATE=1`.

use crate::{args::Cli, error::Code};
use clap::{Arg, Command, CommandFactory};
use std::{fmt::Write, fs, path::Path};

const CLI_HEAD: &str = "# Command line

Generated from the program's own definitions. Every command takes the global options; with `--json`
it prints one envelope on stdout, `{\"schema_version\":1,\"ok\":true,\"data\":{…}}` or
`{\"schema_version\":1,\"ok\":false,\"error\":{\"code\":\"…\",\"message\":\"…\",\"hint\":\"…\"}}`, and everything else on
stderr. Exit codes: 0 done, 1 failed, 2 usage, 3 a prompt was needed. [Error codes](errors.md) are stable.
";

const ERRORS_HEAD: &str = "# Error codes

Generated from the program's own table. A code is `error.code` of the JSON output, and stands in
brackets in the human one. Codes do not change their meaning.

| code | exit | meaning |
| --- | --- | --- |
";

fn cli_page() -> String {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut page = CLI_HEAD.to_owned();
    page.push_str("\n## Global options\n\n");
    let globals: Vec<&Arg> = root.get_arguments().filter(|arg| arg.is_global_set()).collect();
    for arg in &globals {
        option(&mut page, arg);
    }
    for command in root.get_subcommands().filter(|command| !command.is_hide_set()) {
        section(&mut page, command, &globals);
    }
    page
}

fn section(page: &mut String, command: &Command, globals: &[&Arg]) {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).replace('-', " ");
    writeln!(page, "\n## {name}\n").unwrap();
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        let about = about.to_string();
        writeln!(page, "{}.\n", about.trim_end_matches('.')).unwrap();
    }
    let usage = command.clone().render_usage().to_string();
    writeln!(page, "```text\n{}\n```\n", usage.trim_start_matches("Usage: ")).unwrap();
    for arg in command.get_arguments() {
        let is_global = globals.iter().any(|global| global.get_id() == arg.get_id());
        if !is_global && !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str())
        {
            option(page, arg);
        }
    }
    for inner in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        section(page, inner, globals);
    }
}

fn option(page: &mut String, arg: &Arg) {
    let text = arg.to_string().replace("...", "");
    let short = arg.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    write!(page, "- {short}`{text}`").unwrap();
    if let Some(help) = arg.get_help() {
        write!(page, ": {help}").unwrap();
    }
    let values: Vec<_> = arg
        .get_possible_values()
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !values.is_empty() {
        write!(page, ". One of {}", values.join(", ")).unwrap();
    }
    if let Some(default) =
        arg.get_default_values().first().filter(|_| arg.get_action().takes_values())
    {
        write!(page, ". Default: `{}`", default.to_string_lossy()).unwrap();
    }
    page.push('\n');
}

fn errors_page() -> String {
    let mut page = ERRORS_HEAD.to_owned();
    for code in Code::ALL {
        writeln!(page, "| `{}` | {} | {} |", code.as_str(), code.exit_code(), code.meaning())
            .unwrap();
    }
    page
}

#[track_caller]
fn assert_current(name: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/reference").join(name);
    if std::env::var_os("GM_UPDATE").is_some() {
        fs::write(&path, generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{name} is out of date: run the tests with GM_UPDATE=1");
}

#[test]
fn the_command_line_page_is_current() {
    assert_current("cli.md", &cli_page());
}

#[test]
fn the_error_code_page_is_current() {
    assert_current("errors.md", &errors_page());
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}
