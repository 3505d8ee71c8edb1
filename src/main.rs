//! Entry of the program.

fn main() {}
