//! The program as its users meet it: real repositories, real processes, one file per verb.

mod hooks;
mod record;
mod settings;
mod support;
