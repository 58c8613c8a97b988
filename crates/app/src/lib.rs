//! counterfoil-app
