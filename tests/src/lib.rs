//! End-to-end and conformance tests, and the harness they share.
