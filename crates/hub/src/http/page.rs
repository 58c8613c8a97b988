//! Lists in pages: `?page=2&per_page=50`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Value, json};

use super::Failure;

const PER_PAGE: u64 = 50;
const PER_PAGE_MAX: u64 = 200;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    page: u64,
    per_page: u64,
}

impl<S: Sync> FromRequestParts<S> for Page {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

impl Page {
    fn read(query: &str) -> Result<Self, Failure> {
        let number = |name: &'static str, default: u64| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let mut asked = pairs.filter(|(key, _)| *key == name);
            asked.next().map_or(Ok(default), |(_, value)| {
                let number = value.parse::<u32>().ok().filter(|n| *n > 0);
                number
                    .map(u64::from)
                    .ok_or_else(|| Failure::field(name, "number"))
            })
        };
        Ok(Self {
            page: number("page", 1)?,
            per_page: number("per_page", PER_PAGE)?.min(PER_PAGE_MAX),
        })
    }

    /// How many items at most.
    #[must_use]
    pub const fn limit(self) -> i64 {
        self.per_page.cast_signed()
    }

    /// How many items lie before it.
    #[must_use]
    pub const fn offset(self) -> i64 {
        ((self.page - 1) * self.per_page).cast_signed()
    }

    /// What a list adds to `meta`; `total` counts all its items.
    #[must_use]
    pub fn meta(self, total: i64) -> Value {
        let total = u64::try_from(total).unwrap_or(0);
        json!({
            "page": self.page, "per_page": self.per_page, "total": total,
            "total_pages": total.div_ceil(self.per_page), "next_cursor": null,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_what_lies_before_it() {
        let page = Page::read("epoch=x&page=3&per_page=20").unwrap();
        assert_eq!((page.offset(), page.limit()), (40, 20));
        assert_eq!(page.meta(41)["total_pages"], 3);
        assert_eq!(Page::read("").unwrap().limit(), 50);
        assert_eq!(Page::read("per_page=9999").unwrap().limit(), 200);
    }

    #[test]
    fn a_page_that_is_no_number_from_one_on_is_refused() {
        for query in ["page=0", "page=x", "per_page=-1", "page=99999999999"] {
            assert!(Page::read(query).is_err(), "{query}");
        }
    }
}
