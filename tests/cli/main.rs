//! The program as its users meet it: real repositories, real processes, one file per verb.

mod analyze;
mod catalog;
mod check;
mod demo;
mod help;
mod hooks;
mod log;
mod market;
mod marketplace;
mod merge;
mod patterns;
mod plan;
mod record;
mod run;
mod run_apply;
mod run_failures;
mod run_safety;
mod settings;
mod show;
mod status;
mod support;
mod surgery;
