//! counterfoil-scan
