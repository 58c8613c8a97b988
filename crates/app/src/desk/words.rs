//! Values of fields for people: what an edit set, in a form that a screen can show.

use counterfoil_domain::entity::OnboardingStep;
use counterfoil_domain::{Money, phone};
use serde_json::Value;

use crate::view::FieldValue;

/// A field's value.
pub(super) fn value(field: &str, value: &Value) -> FieldValue {
    let text = |text: String| FieldValue::Text { text };
    match value {
        Value::Null => text(String::new()),
        Value::String(words) if field == "phone" && !words.is_empty() => {
            text(phone::display(words))
        }
        Value::String(words) => text(words.clone()),
        Value::Number(number) => text(number.to_string()),
        Value::Bool(on) => FieldValue::Flag { on: *on },
        Value::Object(_) => serde_json::from_value::<Money>(value.clone())
            .map_or(FieldValue::Other, |amount| FieldValue::Amount { amount }),
        Value::Array(_) => match serde_json::from_value::<Vec<OnboardingStep>>(value.clone()) {
            Ok(steps) => FieldValue::Steps {
                total: u32::try_from(steps.len()).unwrap_or(u32::MAX),
                done: steps
                    .into_iter()
                    .filter(|step| step.done_at.is_some())
                    .map(|step| step.name)
                    .collect(),
            },
            Err(_) => FieldValue::Other,
        },
    }
}
