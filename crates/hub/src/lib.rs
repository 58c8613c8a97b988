//! counterfoil-hub
