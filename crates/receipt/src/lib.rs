//! counterfoil-receipt
