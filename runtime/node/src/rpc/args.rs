//! Positional parameters: trailing ones may be left out, `null` counts as left out.

use super::RpcError;
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A method's parameters, a tuple with one element each.
pub trait Args: Sized {
    /// Parses the parameters of a request.
    fn parse(params: &Params<'_>) -> Result<Self, RpcError>;
}

/// The elements of the parameter array, not yet parsed.
fn elements<'a>(params: &'a Params<'_>, most: usize) -> Result<Vec<&'a RawValue>, RpcError> {
    let Some(raw) = params.as_str() else { return Ok(Vec::new()) };
    let raw = raw.trim_ascii();
    if raw.is_empty() || raw == "null" {
        return Ok(Vec::new());
    }
    if !raw.starts_with('[') {
        return Err(RpcError::params("non-array args"));
    }
    let all: Vec<&RawValue> =
        serde_json::from_str(raw).map_err(|err| RpcError::params(err.to_string()))?;
    if all.len() > most {
        return Err(RpcError::params(format!("too many arguments, want at most {most}")));
    }
    Ok(all)
}

/// One parameter. One that is left out is parsed as `null`, which only an [`Option`] takes.
fn element<T: DeserializeOwned>(all: &[&RawValue], index: usize) -> Result<T, RpcError> {
    let raw = all.get(index).map(|raw| raw.get());
    serde_json::from_str(raw.unwrap_or("null")).map_err(|err| match raw {
        Some(raw) if raw != "null" => RpcError::params(format!("invalid argument {index}: {err}")),
        _ => RpcError::params(format!("missing value for required argument {index}")),
    })
}

impl Args for () {
    fn parse(params: &Params<'_>) -> Result<Self, RpcError> {
        elements(params, 0).map(|_| ())
    }
}

macro_rules! args {
    ($count:literal: $($name:ident $index:tt),+) => {
        impl<$($name: DeserializeOwned),+> Args for ($($name,)+) {
            fn parse(params: &Params<'_>) -> Result<Self, RpcError> {
                let all = elements(params, $count)?;
                Ok(($(element::<$name>(&all, $index)?,)+))
            }
        }
    };
}

args!(1: A 0);
args!(2: A 0, B 1);
args!(3: A 0, B 1, C 2);
args!(4: A 0, B 1, C 2, D 3);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<A: Args>(raw: &str) -> Result<A, String> {
        A::parse(&Params::new(Some(raw))).map_err(|err| err.to_string())
    }

    #[test]
    fn trailing_options_may_be_missing() {
        assert_eq!(parse::<(u64, Option<u64>)>("[1]"), Ok((1, None)));
        assert_eq!(parse::<(u64, Option<u64>)>("[1,null]"), Ok((1, None)));
        assert_eq!(parse::<(u64, Option<u64>)>(" [1, 2 ]"), Ok((1, Some(2))));
        assert_eq!(<()>::parse(&Params::new(None)).ok(), Some(()));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let missing = "missing value for required argument 0".to_owned();
        assert_eq!(parse::<(u64,)>("[]"), Err(missing.clone()));
        assert_eq!(parse::<(u64,)>("[null]"), Err(missing));
        assert_eq!(parse::<()>("[1]"), Err("too many arguments, want at most 0".into()));
        assert_eq!(parse::<(u64,)>("{\"a\":1}"), Err("non-array args".into()));
        assert!(parse::<(u64,)>("[\"x\"]").unwrap_err().starts_with("invalid argument 0: "));
    }
}
