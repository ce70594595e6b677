//! The header of Windows' performance monitor.
//!
//! The first column is named `(PDH-CSV 4.0) (W. Europe Standard Time)(-60)`: the zone of the log and its
//! minutes west of UTC. The others are `\\HOST\Counter`.

/// Whether the performance monitor wrote this header.
pub(crate) fn is_header(header: &[String]) -> bool {
    header
        .first()
        .is_some_and(|first| first.starts_with("(PDH-CSV"))
}

/// Host and counter of a column's name.
pub(crate) fn host_and_counter(name: &str) -> Option<(&str, &str)> {
    let (host, counter) = name.strip_prefix(r"\\")?.split_once('\\')?;
    (!host.is_empty() && !counter.is_empty()).then_some((host, counter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_name_host_and_counter() {
        assert_eq!(
            host_and_counter(r"\\APP07\Processor(_Total)\% Processor Time"),
            Some(("APP07", r"Processor(_Total)\% Processor Time"))
        );
        assert_eq!(host_and_counter("Processor"), None);
        assert_eq!(host_and_counter(r"\\APP07"), None);
    }
}
