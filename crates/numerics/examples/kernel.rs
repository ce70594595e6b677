//! A kernel of one's own: eight random walks at once, with the same bits on every path.
#![expect(
    clippy::inline_always,
    reason = "a kernel must be inlined into the function that has the instruction set"
)]

use fleetcast_numerics::{Instructions, Kernel, LANES, Lanes, Path, dispatch};

/// Eight sums of the same steps, each lane with a share of its own.
struct Walks<'a> {
    steps: &'a [f64],
    shares: [f64; LANES],
}

impl Kernel for Walks<'_> {
    type Output = [f64; LANES];

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> [f64; LANES] {
        let shares = lanes.load(self.shares);
        let mut position = lanes.splat(0.0);
        for step in self.steps {
            position = lanes.add(position, lanes.mul(shares, lanes.splat(*step)));
        }
        lanes.store(position)
    }
}

fn main() {
    let steps: Vec<f64> = (0..1000).map(|day| f64::from(day % 7) - 3.0).collect();
    let shares = std::array::from_fn(|lane| 0.1 * (lane + 1) as f64);
    let run = |instructions| {
        dispatch(
            Path::at_most(instructions),
            Walks {
                steps: &steps,
                shares,
            },
        )
    };
    let widest = run(Instructions::Avx512);
    let portable = run(Instructions::Portable);
    println!("{widest:?}");
    assert_eq!(widest.map(f64::to_bits), portable.map(f64::to_bits));
}
