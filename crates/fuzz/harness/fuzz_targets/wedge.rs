//! See `counterfoil_fuzz::wedge`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: counterfoil_fuzz::let_readers_panic(), |bytes: &[u8]| {
    counterfoil_fuzz::wedge(bytes);
});
