//! Project templates and the pure renderer.
