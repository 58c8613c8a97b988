//! The process lane: the real programs, killed and stopped at random moments behind a faulty network.
