//! Quantities that must name their unit: durations and amounts.

use super::{
    error::ValueError,
    field::{FieldValue, shown},
};
use alloy_primitives::U256;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::{borrow::Cow, fmt};

const DURATION_HINT: &str = "write a whole number and a unit: \"2s\", \"10m\", \"1h\" or \"7d\"";
const AMOUNT_HINT: &str = "write a number and a unit: \"1.5 ether\", \"5 gwei\" or \"7 wei\"";

/// Seconds in each unit, longest first so that a duration prints in the longest that divides it.
const DURATION_UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Decimal places of each unit over wei.
const AMOUNT_UNITS: [(&str, usize); 3] = [("ether", 18), ("gwei", 9), ("wei", 0)];

/// A length of time in whole seconds, the finest the OP Stack counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// A duration of `seconds`.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The length in seconds.
    pub const fn as_secs(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = DURATION_UNITS
            .into_iter()
            .find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size))
            .unwrap_or(("s", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FieldValue for Duration {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let (number, unit) = split_unit(text);
        if unit.is_empty() && number.parse::<u64>().is_ok() {
            return Err(ValueError::unit(
                format!("{} has no unit", shown(text)),
                format!("did you mean \"{number}s\"? A duration names its unit: s, m, h or d"),
            ));
        }
        if number.contains('.') || unit == "ms" {
            return Err(ValueError::unit(
                format!("{} is not a whole number of seconds", shown(text)),
                DURATION_HINT,
            ));
        }
        let Ok(count) = number.parse::<u64>() else {
            return Err(ValueError::invalid(
                format!("{} is not a duration", shown(text)),
                DURATION_HINT,
            ));
        };
        let Some((_, size)) = DURATION_UNITS.into_iter().find(|(name, _)| *name == unit) else {
            return Err(ValueError::unit(
                format!("{} has the unit {}, which is not one of time", shown(text), shown(unit)),
                DURATION_HINT,
            ));
        };
        count.checked_mul(size).map(Self).ok_or_else(|| {
            ValueError::bounds(format!("{} is too long", shown(text)), "use a shorter duration")
        })
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A whole number of seconds, minutes, hours or days.",
            "pattern": "^[0-9]+ ?(s|m|h|d)$",
            "examples": ["2s", "10m", "7d"]
        })
    }
}

/// An amount of a chain's native token, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(U256);

impl Amount {
    /// An amount of `wei`.
    pub const fn from_wei(wei: U256) -> Self {
        Self(wei)
    }

    /// The amount in wei.
    pub const fn wei(self) -> U256 {
        self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = AMOUNT_UNITS
            .into_iter()
            .map(|(unit, places)| (unit, U256::from(10).pow(U256::from(places))))
            .find(|(_, size)| self.0 >= *size && (self.0 % *size).is_zero())
            .unwrap_or(("wei", U256::from(1)));
        write!(f, "{} {unit}", self.0 / size)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FieldValue for Amount {
    fn parse(text: &str) -> Result<Self, ValueError> {
        let (number, unit) = split_unit(text);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || number.ends_with('.') {
            return Err(ValueError::invalid(
                format!("{} is not an amount", shown(text)),
                AMOUNT_HINT,
            ));
        }
        if unit.is_empty() {
            return Err(ValueError::unit(
                format!("{} has no unit", shown(text)),
                format!("did you mean \"{number} ether\"? An amount is in ether, gwei or wei"),
            ));
        }
        let Some((_, places)) = AMOUNT_UNITS.into_iter().find(|(name, _)| *name == unit) else {
            return Err(ValueError::unit(
                format!("{} has the unit {}, which is not one of value", shown(text), shown(unit)),
                AMOUNT_HINT,
            ));
        };
        if fraction.len() > places {
            return Err(ValueError::unit(
                format!("{} is finer than one wei", shown(text)),
                format!("use at most {places} decimal places with {unit}"),
            ));
        }
        let padding = "0".repeat(places - fraction.len());
        U256::from_str_radix(&format!("{whole}{fraction}{padding}"), 10).map(Self).map_err(|_| {
            ValueError::bounds(format!("{} does not fit 256 bits", shown(text)), AMOUNT_HINT)
        })
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A decimal number of ether, gwei or wei.",
            "pattern": "^[0-9]+(\\.[0-9]+)? ?(ether|gwei|wei)$",
            "examples": ["10000 ether", "5 gwei", "7 wei"]
        })
    }
}

/// Splits `"1.5 ether"` into its number and its unit; either may be empty.
fn split_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}
