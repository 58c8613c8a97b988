//! counterfoil-protocol
