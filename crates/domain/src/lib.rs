//! counterfoil-domain
