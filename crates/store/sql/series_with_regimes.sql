-- Series of whose regime the judge had something to say: a shift of the level, or growth that began lately.
SELECT DISTINCT host, resource
FROM series_issues
WHERE stage = 'judge' AND code IN ('level_shift', 'pending_shift', 'growth_onset');
