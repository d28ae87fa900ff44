//! Figures over several runs.

use serde::Serialize;

/// A figure measured several times.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Series {
    /// The middle value.
    pub(super) median: f64,
    /// The smallest value.
    pub(super) min: f64,
    /// The largest value.
    pub(super) max: f64,
    /// Every value in the order of the runs.
    pub(super) runs: Vec<f64>,
}

impl Series {
    /// Of at least one value.
    pub(super) fn new(runs: Vec<f64>) -> Self {
        let mut sorted = runs.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
        Self {
            median: f64::midpoint(at(low), at(high)),
            min: at(0),
            max: at(sorted.len().saturating_sub(1)),
            runs,
        }
    }
}

/// A ratio held against its target.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Goal {
    /// What was measured.
    pub(super) value: f64,
    /// What it should be.
    pub(super) target: f64,
    /// Whether it is.
    pub(super) met: bool,
}

impl Goal {
    /// A value that should be `target` or less.
    pub(super) fn at_most(value: f64, target: f64) -> Self {
        Self { value, target, met: value <= target }
    }

    /// A value that should be `target` or more.
    pub(super) fn at_least(value: f64, target: f64) -> Self {
        Self { value, target, met: value >= target }
    }

    /// `met` or `missed`.
    pub(super) const fn word(&self) -> &'static str {
        if self.met { "met" } else { "missed" }
    }
}

/// Bytes as MiB.
pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(Series::new(vec![3.0, 1.0, 2.0]).median, 2.0);
        assert_eq!(Series::new(vec![4.0, 1.0, 2.0, 3.0]).median, 2.5);
        let one = Series::new(vec![7.0]);
        assert_eq!((one.median, one.min, one.max), (7.0, 7.0, 7.0));
    }
}
