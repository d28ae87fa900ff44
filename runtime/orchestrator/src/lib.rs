//! Turns a project into a plan, and a plan into running chains.
