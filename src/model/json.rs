//! Canonical JSON: one byte string per value, so that equal records are equal lines.
//!
//! Struct fields keep their declared order, maps are sorted by key, there are no spaces, and a
//! number has its shortest form (`94`, never `94.0`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The canonical text of a value.
pub(crate) fn canonical<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("model types have string keys and finite numbers")
}

/// A finite number that prints in its shortest form.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Number(f64);

impl Number {
    /// `None` for NaN and infinities, which JSON cannot hold.
    pub(crate) fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// The value.
    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

/// Whole numbers below this are shorter in digits than with an exponent.
const EXACT: f64 = 1e16;

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::new(value).ok_or_else(|| serde::de::Error::custom("the number is not finite"))
    }
}

/// Gives every number inside `value` its shortest form.
pub(crate) fn shorten(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(short) = number.as_f64().filter(|_| number.is_f64()).and_then(Number::new)
                && let Ok(short) = serde_json::to_value(short)
            {
                *value = short;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(map) => map.values_mut().for_each(shorten),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The first integer of a JSON text that does not fit into 64 bits, of which reading it as a double
/// would keep 16 digits.
pub(crate) fn oversized(json: &str) -> Option<&str> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        match bytes[start] {
            b'"' => {
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                at += bytes[at..].iter().take_while(|byte| is_part(byte)).count();
                let number = &json[start..at];
                let is_integer = !number.contains(['.', 'e', 'E']);
                if is_integer && number.parse::<u64>().is_err() && number.parse::<i64>().is_err() {
                    return Some(number);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_their_shortest_form() {
        let shown = |value| canonical(&Number::new(value));
        assert_eq!(shown(94.0), "94");
        assert_eq!(shown(-0.0), "0");
        assert_eq!(shown(0.1), "0.1");
        assert_eq!(shown(1e300), "1e+300");
        assert_eq!(Number::new(f64::NAN), None);
    }

    #[test]
    fn numbers_inside_unknown_values_are_shortened_too() {
        let mut value = serde_json::json!({"b": [1.0, {"c": 2.50}], "a": 3});
        shorten(&mut value);
        assert_eq!(canonical(&value), r#"{"a":3,"b":[1,{"c":2.5}]}"#);
    }

    #[test]
    fn integers_that_would_lose_digits_are_found() {
        assert_eq!(oversized(r#"{"a":[18446744073709551615,-9223372036854775808,1e300,0.5]}"#), None);
        assert_eq!(oversized(r#"{"99999999999999999999":"\"99999999999999999999"}"#), None);
        assert_eq!(oversized(r#"{"a":{"b":18446744073709551616}}"#), Some("18446744073709551616"));
        assert_eq!(oversized(r#"[1,-9223372036854775809]"#), Some("-9223372036854775809"));
        assert_eq!(oversized("\"\\"), None);
    }
}
