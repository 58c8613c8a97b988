//! A camera's own light, where its driver offers one: the two controls that V4L2 knows for it.

use nokhwa::utils::{
    CameraControl, ControlValueDescription, ControlValueSetter, KnownCameraControl,
    KnownCameraControlFlag,
};

/// `V4L2_CID_FLASH_LED_MODE`, a menu: 0 is off, 2 a steady light.
const FLASH_LED_MODE: KnownCameraControl = KnownCameraControl::Other(0x009c_0901);
const TORCH: i64 = 2;
/// `V4L2_CID_ILLUMINATORS_1`, a switch: the ring of a microscope, the lamp of a document camera.
const ILLUMINATOR: KnownCameraControl = KnownCameraControl::Other(0x0098_0925);

/// A light that can be turned on and off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lamp {
    /// The light of a flash.
    Torch,
    /// One that does nothing else.
    Illuminator,
}

impl Lamp {
    /// The light among what a camera can be told.
    pub(crate) fn among(controls: &[CameraControl]) -> Option<Self> {
        let usable = |wanted: KnownCameraControl| {
            controls.iter().find(|control| {
                control.control() == wanted && control.flag().iter().all(|flag| !forbids(*flag))
            })
        };
        let has_torch = usable(FLASH_LED_MODE).is_some_and(|control| {
            matches!(control.description(), ControlValueDescription::IntegerRange { max, .. } if *max >= TORCH)
        });
        let is_switch = |control: &CameraControl| {
            matches!(
                control.description(),
                ControlValueDescription::Boolean { .. }
            )
        };
        if has_torch {
            Some(Self::Torch)
        } else {
            usable(ILLUMINATOR)
                .filter(|control| is_switch(control))
                .map(|_| Self::Illuminator)
        }
    }

    /// What to tell the camera.
    pub(crate) fn told(self, on: bool) -> (KnownCameraControl, ControlValueSetter) {
        match self {
            Self::Torch => {
                let mode = if on { TORCH } else { 0 };
                (FLASH_LED_MODE, ControlValueSetter::Integer(mode))
            }
            Self::Illuminator => (ILLUMINATOR, ControlValueSetter::Boolean(on)),
        }
    }
}

fn forbids(flag: KnownCameraControlFlag) -> bool {
    matches!(
        flag,
        KnownCameraControlFlag::ReadOnly | KnownCameraControlFlag::Disabled
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(id: KnownCameraControl, description: ControlValueDescription) -> CameraControl {
        CameraControl::new(id, "Light".to_owned(), description, Vec::new(), true)
    }

    fn menu(max: i64) -> ControlValueDescription {
        ControlValueDescription::IntegerRange {
            min: 0,
            max,
            value: 0,
            step: 1,
            default: 0,
        }
    }

    fn switch() -> ControlValueDescription {
        ControlValueDescription::Boolean {
            value: false,
            default: false,
        }
    }

    #[test]
    fn a_flash_that_can_shine_steadily_is_a_lamp() {
        let found = Lamp::among(&[control(FLASH_LED_MODE, menu(2))]);
        assert_eq!(found, Some(Lamp::Torch));
    }

    #[test]
    fn a_flash_that_only_flashes_is_none() {
        assert_eq!(Lamp::among(&[control(FLASH_LED_MODE, menu(1))]), None);
    }

    #[test]
    fn an_illuminator_is_a_lamp() {
        let found = Lamp::among(&[
            control(KnownCameraControl::Brightness, menu(255)),
            control(ILLUMINATOR, switch()),
        ]);
        assert_eq!(found, Some(Lamp::Illuminator));
    }

    #[test]
    fn a_light_that_may_not_be_changed_is_none() {
        let fixed = vec![KnownCameraControlFlag::ReadOnly];
        let light = CameraControl::new(ILLUMINATOR, "Light".to_owned(), switch(), fixed, true);
        assert_eq!(Lamp::among(&[light]), None);
    }

    #[test]
    fn each_light_is_turned_off_with_its_own_word() {
        assert_eq!(
            Lamp::Torch.told(false),
            (FLASH_LED_MODE, ControlValueSetter::Integer(0))
        );
        assert_eq!(
            Lamp::Illuminator.told(false),
            (ILLUMINATOR, ControlValueSetter::Boolean(false))
        );
    }
}
