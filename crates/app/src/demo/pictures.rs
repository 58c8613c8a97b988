//! The drawn pictures of the demo shop's products, carried in the program: the till shows them without a network.

macro_rules! pictures {
    ($($sku:literal),+ $(,)?) => {
        /// The SVG drawing of a product, by SKU or by the name that [`Product::picture`] holds (`CAF-01.svg`).
        ///
        /// [`Product::picture`]: counterfoil_domain::entity::Product::picture
        #[must_use]
        pub fn picture(name: &str) -> Option<&'static [u8]> {
            match name.strip_suffix(".svg").unwrap_or(name) {
                $($sku => Some(include_bytes!(concat!(
                    env!("CARGO_MANIFEST_DIR"), "/../../assets/demo/products/", $sku, ".svg"
                ))),)+
                _ => None,
            }
        }
    };
}

pictures!(
    "CAF-01", "CAF-02", "CAF-03", "CAF-04", "CAF-05", "CAF-06", "CAF-07", "CAF-08", "CAF-09",
    "CAF-10", "CAF-11", "CAF-12", "TEC-01", "TEC-02", "TEC-03", "TEC-04", "TEC-05", "TEC-06",
    "TEC-07", "TEC-08", "TEC-09", "TEC-10", "PAN-01", "PAN-02", "PAN-03", "PAN-04", "PAN-05",
    "PAN-06", "PAN-07", "PAN-08", "PAN-09", "PAN-10", "SAN-01", "SAN-02", "SAN-03", "SAN-04",
    "SAN-05", "SAN-06", "SAN-07", "SAN-08", "SAN-09", "SAN-10", "DUL-01", "DUL-02", "DUL-03",
    "DUL-04", "DUL-05", "DUL-06", "DUL-07", "DUL-08", "DUL-09", "DUL-10", "TIE-01", "TIE-02",
    "TIE-03", "TIE-04", "TIE-05", "TIE-06", "TIE-07", "TIE-08",
);
