//! Shared helpers of the cross-crate stories.
