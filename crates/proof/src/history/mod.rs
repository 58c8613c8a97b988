//! The checker: reads what was asked, answered and stored, and says what cannot have happened.
