//! Reading, working and writing side by side.

use std::panic::resume_unwind;
use std::thread;

/// Takes every item of `input` through `work` and hands the results to `output`, in order.
///
/// `work` has a thread of its own: while it is at an item, the calling thread hands on the result
/// before it and makes the next item, so that at most three are in memory at a time.
///
/// # Errors
///
/// The first that `input`, `work` or `output` returns; `output` has had every result made
/// before it, or all but the last.
pub fn pipeline<A: Send, B: Send, E: Send>(
    mut input: impl Iterator<Item = Result<A, E>>,
    work: impl Fn(A) -> Result<B, E> + Sync,
    mut output: impl FnMut(B) -> Result<(), E>,
) -> Result<(), E> {
    let mut item = input.next().transpose()?;
    let mut result = None;
    while let Some(at_work) = item.take() {
        let worked = thread::scope(|scope| {
            let worker = scope.spawn(|| work(at_work));
            let beside = result
                .take()
                .map_or(Ok(()), &mut output)
                .and_then(|()| input.next().transpose());
            let worked = worker.join().unwrap_or_else(|panic| resume_unwind(panic));
            item = beside?;
            worked
        });
        result = Some(worked?);
    }
    result.map_or(Ok(()), output)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of 1 to 9, doubled, where one step fails at a number.
    fn doubled(fails: impl Fn(&str, u32) -> bool + Sync) -> (Result<(), String>, Vec<u32>) {
        let step = |name: &str, number: u32| {
            if fails(name, number) {
                Err(format!("{name} {number}"))
            } else {
                Ok(number)
            }
        };
        let mut out = Vec::new();
        let done = pipeline(
            (1..10).map(|number| step("input", number)),
            |number| Ok(2 * step("work", number)?),
            |number| {
                out.push(step("output", number)?);
                Ok(())
            },
        );
        (done, out)
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let (done, out) = doubled(|_, _| false);
        done.unwrap();
        assert_eq!(out, [2, 4, 6, 8, 10, 12, 14, 16, 18]);
    }

    #[test]
    fn whatever_fails_ends_it() {
        for (step, number, before) in [
            ("input", 1, 0),
            ("input", 4, 2),
            ("work", 4, 3),
            ("output", 8, 3),
            ("output", 18, 8),
        ] {
            let (done, out) = doubled(|name, at| name == step && at == number);
            assert_eq!(done, Err(format!("{step} {number}")));
            assert_eq!(out.len(), before, "{step} {number}");
        }
    }

    #[test]
    #[should_panic(expected = "at work")]
    fn a_panic_at_work_is_the_callers() {
        let _ = pipeline([Ok::<(), ()>(())].into_iter(), |()| panic!("at work"), Ok);
    }
}
