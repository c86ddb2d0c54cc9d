//! Reads values whose texts and lists live until the program ends, as constants do in the server.
//! The generator ends soon after it has written them.

use serde::{Deserialize, Deserializer};

use crate::{List, Text};

/// A value that can be read as a constant.
pub trait Constant: Sized {
    /// Reads the value.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Reads a field; for `serde(deserialize_with)`.
pub fn read<'de, T: Constant, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// A text as a constant.
pub fn text(text: impl Into<String>) -> Text {
    text.into().leak()
}

/// A list as a constant.
pub fn list<T>(elements: impl IntoIterator<Item = T>) -> List<T> {
    elements.into_iter().collect::<Vec<_>>().leak()
}

/// Implements [`Constant`] for types that implement [`Deserialize`].
macro_rules! deserialized {
    ($($type:ty),*) => {$(
        impl crate::constant::Constant for $type {
            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde::Deserialize::deserialize(deserializer)
            }
        }
    )*};
}
pub(crate) use deserialized;

deserialized!(bool, u64);

impl Constant for Text {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(text)
    }
}

impl<T: Constant + 'static> Constant for List<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elements = Vec::<Element<T>>::deserialize(deserializer)?;
        Ok(list(elements.into_iter().map(|Element(element)| element)))
    }
}

impl<T: Constant + 'static> Constant for &'static T {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Box::leak(Box::new(T::read(deserializer)?)))
    }
}

impl<T: Constant> Constant for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<Element<T>>::deserialize(deserializer)?;
        Ok(value.map(|Element(value)| value))
    }
}

struct Element<T>(T);

impl<'de, T: Constant> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}
