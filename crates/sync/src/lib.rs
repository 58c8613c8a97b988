//! counterfoil-sync
