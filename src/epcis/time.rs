//! Instants and zone offsets as EPCIS documents write them (RFC 3339, XML Schema `dateTime` with its zone). PURE.

use jiff::civil::DateTime;
use jiff::tz::Offset as Zone;
use std::fmt;
use std::str::FromStr;

/// Minutes from UTC, −14:00 to +14:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ZoneOffset(i16);

/// Farthest offset from UTC.
const MINUTES_MAX: i16 = 14 * 60;

impl ZoneOffset {
    /// UTC.
    pub const UTC: ZoneOffset = ZoneOffset(0);

    /// An offset of so many minutes, if there is one.
    pub fn from_minutes(minutes: i16) -> Option<ZoneOffset> {
        (minutes.abs() <= MINUTES_MAX).then_some(ZoneOffset(minutes))
    }

    /// Minutes east of UTC.
    pub fn minutes(self) -> i16 {
        self.0
    }
}

impl FromStr for ZoneOffset {
    type Err = String;
    /// `+HH:MM` or `-HH:MM`.
    fn from_str(text: &str) -> Result<ZoneOffset, String> {
        let wrong =
            || format!("\"{text}\" is no zone offset: +HH:MM or -HH:MM is wanted, at most 14:00.");
        let bytes = text.as_bytes();
        let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = *bytes else {
            return Err(wrong());
        };
        if ![h1, h2, m1, m2].iter().all(u8::is_ascii_digit) {
            return Err(wrong());
        }
        let two = |high: u8, low: u8| i16::from(high - b'0') * 10 + i16::from(low - b'0');
        let (hours, minutes) = (two(h1, h2), two(m1, m2));
        let all = hours * 60 + minutes;
        match minutes < 60 && all <= MINUTES_MAX {
            true => Ok(ZoneOffset(if sign == b'-' { -all } else { all })),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// An instant with the zone it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventTime {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    ms: i64,
    zone: ZoneOffset,
}

impl EventTime {
    /// An instant in milliseconds since 1970-01-01T00:00:00Z, if a calendar of four-digit years has it.
    pub fn from_ms(ms: i64, zone: ZoneOffset) -> Option<EventTime> {
        let time = EventTime { ms, zone };
        let year = time.civil()?.year();
        (0..=9999).contains(&year).then_some(time)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn ms(self) -> i64 {
        self.ms
    }

    /// The zone it is written in.
    pub fn zone(self) -> ZoneOffset {
        self.zone
    }

    /// The same instant in UTC, written with `Z`.
    pub(super) fn in_utc(self) -> impl fmt::Display {
        let utc = EventTime {
            zone: ZoneOffset::UTC,
            ..self
        };
        utc.written("Z".to_owned())
    }

    fn civil(self) -> Option<DateTime> {
        let zone = Zone::from_seconds(i32::from(self.zone.0) * 60).ok()?;
        let instant = jiff::Timestamp::from_millisecond(self.ms).ok()?;
        Some(zone.to_datetime(instant))
    }

    fn written(self, zone: String) -> impl fmt::Display {
        let civil = self.civil().expect("an event time lies in the calendar");
        let ms = civil.subsec_nanosecond() / 1_000_000;
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{ms:03}{zone}",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    }
}

/// What is wrong with a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeError {
    /// It does not say in which zone.
    NoZone,
    /// It is no date with a time of day.
    Malformed,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeError::NoZone => "has no zone; 2026-11-20T10:00:00.000+01:00 is wanted",
            TimeError::Malformed => "is no time such as 2026-11-20T10:00:00.000+01:00",
        })
    }
}

impl std::error::Error for TimeError {}

impl FromStr for EventTime {
    type Err = TimeError;
    /// `YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH:MM)`; fractions are rounded to milliseconds, half up.
    fn from_str(text: &str) -> Result<EventTime, TimeError> {
        let pattern = b"dddd-dd-ddTdd:dd:dd";
        let bytes = text.as_bytes();
        let fits = |(found, wanted): (&u8, &u8)| match wanted {
            b'd' => found.is_ascii_digit(),
            sign => found == sign,
        };
        if bytes.len() < pattern.len() || !bytes.iter().zip(pattern).all(fits) {
            return Err(TimeError::Malformed);
        }
        let rest = &text[pattern.len()..];
        let (fraction, zone) = match rest.strip_prefix('.') {
            None => ("", rest),
            Some(rest) => {
                let end = rest
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(rest.len());
                if end == 0 {
                    return Err(TimeError::Malformed);
                }
                rest.split_at(end)
            }
        };
        let zone = match zone {
            "" => return Err(TimeError::NoZone),
            "Z" => ZoneOffset::UTC,
            other => other.parse().map_err(|_| TimeError::Malformed)?,
        };
        let part =
            |from: usize, to: usize| text[from..to].parse().map_err(|_| TimeError::Malformed);
        let two = |from: usize| part(from, from + 2).map(|value| value as i8);
        let (year, month, day) = (part(0, 4)?, two(5)?, two(8)?);
        let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
        // A leap second is the second before it, as in most calendars of programs.
        let second = if second == 60 { 59 } else { second };
        let civil = DateTime::new(year, month, day, hour, minute, second, 0);
        let civil = civil.map_err(|_| TimeError::Malformed)?;
        let utc = Zone::UTC
            .to_timestamp(civil)
            .map_err(|_| TimeError::Malformed)?;
        let digit =
            |at: usize| i64::from(fraction.as_bytes().get(at).map_or(0, |byte| byte - b'0'));
        let ms = digit(0) * 100 + digit(1) * 10 + digit(2) + i64::from(digit(3) >= 5);
        let ms = utc.as_millisecond() + ms - i64::from(zone.0) * 60_000;
        EventTime::from_ms(ms, zone).ok_or(TimeError::Malformed)
    }
}

impl fmt::Display for EventTime {
    /// With milliseconds, in its own zone: `2026-11-20T10:00:00.000+01:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.written(self.zone.to_string()))
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn times_keep_their_instant_and_zone() {
        for (text, ms, back) in [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000+00:00"),
            (
                "2026-11-20T10:00:00.000+01:00",
                1_795_165_200_000,
                "2026-11-20T10:00:00.000+01:00",
            ),
            (
                "2005-04-03T20:33:31.116-06:00",
                1_112_582_011_116,
                "2005-04-03T20:33:31.116-06:00",
            ),
            (
                "2024-02-29T23:59:59.9995+14:00",
                1_709_200_800_000,
                "2024-03-01T00:00:00.000+14:00",
            ),
        ] {
            let time: EventTime = text.parse().expect(text);
            assert_eq!((time.ms(), time.to_string().as_str()), (ms, back), "{text}");
        }
        let time: EventTime = "2026-11-20T10:00:00.000+01:00".parse().expect("a time");
        assert_eq!(time.in_utc().to_string(), "2026-11-20T09:00:00.000Z");
    }

    #[test]
    fn times_that_are_none_are_refused() {
        for text in [
            "22-07-2026",
            "2026-02-30T10:00:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T10:00:00.Z",
            "",
            "2026-11-20T10:00:00+15:00",
            "2026-11-20T10:00Z",
            "2026-11-20 10:00:00Z",
            "2026-11-20T10:00:00é",
        ] {
            assert_eq!(
                text.parse::<EventTime>(),
                Err(TimeError::Malformed),
                "{text}"
            );
        }
        assert_eq!(
            "2026-11-20T10:00:00".parse::<EventTime>(),
            Err(TimeError::NoZone)
        );
        for text in ["+1:00", "01:00", "+14:01", "-15:00", "+01:60", "Z"] {
            assert!(text.parse::<ZoneOffset>().is_err(), "{text}");
        }
        assert_eq!("-06:30".parse(), Ok(ZoneOffset(-390)));
    }
}
