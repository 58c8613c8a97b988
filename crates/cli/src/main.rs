//! counterfoil-cli
fn main() {}
