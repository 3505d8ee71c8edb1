//! Domain values to refs and back: executions, patterns, settings.
