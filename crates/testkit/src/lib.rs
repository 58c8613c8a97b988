//! counterfoil-testkit
