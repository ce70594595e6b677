//! What fuzz targets share: series and names nobody would wish for, made from a fuzzer's bytes.

use arbitrary::Arbitrary;
use fleetcast_core::{
    Day, Engine, Failure, Forecast, Horizon, IntervalLevel, Panel, Refit, SeriesKey, Split,
    TimeGrid, WindowLengths, WindowOutcomes, forecast_windows,
};

#[cfg(feature = "database")]
pub mod database;

/// A series: a shape, a size, where it begins and ends, what is missing, and single odd days.
#[derive(Debug, Clone, Arbitrary)]
pub struct Recipe {
    shape: Shape,
    scale: Scale,
    offset: Scale,
    begins: u8,
    ends: u8,
    gaps: u8,
    noise: u16,
    marks: Vec<(u16, Oddity)>,
}

#[derive(Debug, Clone, Arbitrary)]
enum Shape {
    Constant,
    Alternating,
    Ramp,
    Weekly,
    Yearly,
    Noise,
    TinyNoise,
    Steps(u8),
    Spike(u16),
    Exponents,
    Raw(Vec<f64>),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Scale {
    Zero,
    One,
    Percent,
    Bytes,
    Tiny,
    Subnormal,
    Large,
    Huge,
    Negative,
    Any(f64),
}

impl Scale {
    fn value(self) -> f64 {
        match self {
            Self::Zero => 0.0,
            Self::One => 1.0,
            Self::Percent => 50.0,
            Self::Bytes => 1.5e12,
            Self::Tiny => 1e-300,
            Self::Subnormal => 5e-324,
            Self::Large => 1e99,
            Self::Huge => 1e300,
            Self::Negative => -1e100,
            Self::Any(value) => value,
        }
    }
}

/// What may stand in a row in the place of a sound value.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Oddity {
    Missing,
    NotANumber,
    Infinite,
    MinusInfinite,
    Zero,
    MinusZero,
    Limit,
    BeyondLimit,
    Largest,
    Smallest,
    Value(f64),
}

impl Oddity {
    fn value(self) -> Option<f64> {
        Some(match self {
            Self::Missing => return None,
            Self::NotANumber => f64::NAN,
            Self::Infinite => f64::INFINITY,
            Self::MinusInfinite => f64::NEG_INFINITY,
            Self::Zero => 0.0,
            Self::MinusZero => -0.0,
            Self::Limit => 1e100,
            Self::BeyondLimit => -1.000_001e100,
            Self::Largest => f64::MAX,
            Self::Smallest => 5e-324,
            Self::Value(value) => value,
        })
    }
}

/// Numbers that look random and are not: SplitMix64.
fn scatter(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn share(seed: u64) -> f64 {
    (scatter(seed) >> 11) as f64 / (1_u64 << 53) as f64
}

impl Recipe {
    /// A value a day as rows of a table may have them: anything, or none.
    pub fn rows(&self, days: usize) -> Vec<Option<f64>> {
        let seed = u64::from(self.noise) << 20;
        let begins = days * usize::from(self.begins) / 300;
        let ends = days - days * usize::from(self.ends) / 600;
        let mut rows: Vec<Option<f64>> = (0..days)
            .map(|day| {
                let lives = (begins..ends).contains(&day);
                let gap = scatter(seed + day as u64) % 512 < u64::from(self.gaps);
                (lives && !gap).then(|| self.value(day, seed))
            })
            .collect();
        for (at, oddity) in self.marks.iter().take(64) {
            if !rows.is_empty() {
                let at = usize::from(*at) % rows.len();
                rows[at] = oddity.value();
            }
        }
        rows
    }

    fn value(&self, day: usize, seed: u64) -> f64 {
        let scale = self.scale.value();
        let offset = self.offset.value();
        let t = day as f64;
        let noise = share(seed ^ (day as u64) << 40);
        let shape = match &self.shape {
            Shape::Constant => 1.0,
            Shape::Alternating => [1.0, -1.0][day % 2],
            Shape::Ramp => t / 100.0,
            Shape::Weekly => 1.0 + (day % 7) as f64 / 10.0 + noise / 20.0,
            Shape::Yearly => 2.0 + (t / 58.1).sin() + noise / 10.0,
            Shape::Noise => noise,
            Shape::TinyNoise => 1.0 + noise * 1e-15,
            Shape::Steps(every) => (day / (usize::from(*every) + 1)) as f64,
            Shape::Spike(at) => f64::from(u8::from(day == usize::from(*at) % 1200)),
            Shape::Exponents => {
                return 10_f64.powi((scatter(seed + day as u64) % 600) as i32 - 300);
            }
            Shape::Raw(values) if values.is_empty() => 0.0,
            Shape::Raw(values) => return values[day % values.len()],
        };
        offset + scale * shape
    }

    /// A value a day as engines may get them: finite, NaN where there is none.
    pub fn values(&self, days: usize) -> Vec<f64> {
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        let rows = self.rows(days).into_iter();
        rows.map(|value| finite(value).unwrap_or(f64::NAN))
            .collect()
    }
}

/// Windows, series and settings for an engine.
#[derive(Debug, Clone, Arbitrary)]
pub struct Fleet {
    last_day: u16,
    train_months: u8,
    backtest_months: u8,
    horizon: u8,
    level: u8,
    refit: bool,
    series: [Recipe; 2],
}

impl Fleet {
    /// Asks an engine for everything, and checks all it promises: an outcome a series, sound
    /// forecasts of the days asked for, no crash, and no say of one series in another's forecast.
    pub fn check(&self, engine: &dyn Engine) {
        let lengths = WindowLengths {
            train_months: u32::from(self.train_months % 36) + 1,
            backtest_months: u32::from(self.backtest_months % 6) + 1,
            horizon: Horizon::new(usize::from(self.horizon % 200) + 1).unwrap(),
        };
        let last = Day::from_epoch_days(i64::from(self.last_day)).unwrap();
        let split = Split::new(last, lengths).unwrap();
        let days = split.history().len();
        let level = IntervalLevel::new((f64::from(self.level) + 0.5) / 256.0).unwrap();
        let refit = if self.refit {
            Refit::WholeHistory
        } else {
            Refit::Never
        };
        let outcomes = |recipes: &[Recipe]| {
            let rows = recipes.iter().enumerate();
            let rows =
                rows.map(|(i, recipe)| (SeriesKey::new(i.to_string(), "cpu"), recipe.values(days)));
            let panel = Panel::from_rows(split.history(), rows).unwrap();
            forecast_windows(engine, panel.view(), &split, refit, level, None).unwrap()
        };
        let together = outcomes(&self.series);
        assert_eq!(together.len(), self.series.len());
        for outcome in &together {
            check_forecast(&outcome.backtest, split.backtest());
            check_forecast(&outcome.future, split.future());
            check_inner(outcome);
        }
        let alone = outcomes(&self.series[..1]);
        assert_eq!(alone[0], together[0], "companions had a say");
    }
}

fn check_forecast(forecast: &Result<Forecast, Failure>, days: TimeGrid) {
    match forecast {
        Ok(forecast) => {
            assert_eq!(forecast.grid(), days);
            let both = forecast.lower().iter().zip(forecast.yhat());
            for ((lower, yhat), upper) in both.zip(forecast.upper()) {
                assert!(lower.is_finite() && upper.is_finite());
                assert!(lower <= yhat && yhat <= upper);
            }
        }
        Err(Failure::Crash { cause }) => panic!("crashed: {cause}"),
        Err(_) => {}
    }
}

fn check_inner(outcome: &WindowOutcomes) {
    for inner in &outcome.inner {
        assert!(inner.yhat.iter().all(|yhat| yhat.is_finite()));
    }
    for notice in &outcome.notices {
        assert_eq!(notice.message.lines().count(), 1, "{}", notice.message);
    }
}

/// A host's or a resource's name.
#[derive(Debug, Clone, Arbitrary)]
pub enum Name {
    Known(u8),
    Long(u8),
    Text(String),
}

const NAMES: [&str; 48] = [
    "web-1",
    "web-01",
    "7",
    "007",
    "7.0",
    "1e5",
    "100000.0",
    "true",
    "True",
    "false",
    "null",
    "NULL",
    "nan",
    "NaN",
    "inf",
    "-",
    "#1",
    "# note",
    "//",
    "2024-01-01",
    "2024-1-1",
    "12:00:00",
    "a,b",
    "a;b",
    "a|b",
    "a\tb",
    "a\"b",
    "\"",
    "\"\"",
    "'",
    "''; DROP TABLE forecasts; --",
    "\" OR 1=1",
    "a\nb",
    "a\r\nb",
    "a\\b",
    "\\N",
    " ",
    " lead",
    "trail ",
    "{table}",
    "$1",
    "Ünïcödé",
    "服务器",
    "🦀",
    "\u{202e}back",
    "\u{feff}bom",
    "e\u{301}",
    "\u{0}nul",
];

impl Name {
    /// The name as text.
    pub fn text(&self) -> String {
        match self {
            Self::Known(index) => NAMES[usize::from(*index) % NAMES.len()].to_owned(),
            Self::Long(number) => "é".repeat(9_997) + &format!("{number:03}"),
            Self::Text(text) => text.clone(),
        }
    }
}
