//! The simulation: tills with the real store, the real hub router in process, virtual time, one seed.
