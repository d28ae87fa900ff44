//! Chains against each other.
