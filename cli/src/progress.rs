//! Progress on stderr: a spinner on a terminal, plain lines elsewhere, nothing with `--quiet`
//! output such as a detached child's.

use crate::output::Output;
use gm_chain::config::Color;
use gm_orchestrator::launch::Event;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{self, IsTerminal},
    time::Duration,
};

/// Shows the steps of long work.
#[derive(Debug, Clone)]
pub(crate) enum Progress {
    /// A line that changes.
    Spinner(ProgressBar),
    /// A line a step.
    Lines(Output),
}

impl Progress {
    /// The form that fits where stderr goes.
    pub(crate) fn new(output: &Output, color: Color) -> Self {
        let plain = color == Color::Never || !io::stderr().is_terminal();
        if plain {
            return Self::Lines(output.clone());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self::Spinner(bar)
    }

    /// Shows an event.
    pub(crate) fn event(&self, event: &Event) {
        match (self, event) {
            (Self::Spinner(bar), Event::Begin { step }) => bar.set_message(step.clone()),
            (Self::Lines(output), Event::Begin { step }) => output.note(&format!("{step} …")),
            (Self::Spinner(bar), Event::End { step, took }) => {
                bar.println(format!("  {step} ({} ms)", took.as_millis()));
            }
            (Self::Lines(output), Event::End { step, took }) => {
                output.note(&format!("{step}: done in {} ms", took.as_millis()));
            }
        }
    }

    /// Takes the spinner away.
    pub(crate) fn finish(&self) {
        if let Self::Spinner(bar) = self {
            bar.finish_and_clear();
        }
    }
}
