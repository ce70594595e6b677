"""The table of public holidays that `--holidays` reads: python-holidays (vacanza, MIT licence), every country and its parts.

`python packaging/holiday_table.py > holidays.txt`, in an environment with `holidays`; the result is kept, compressed, as
xtask/data/holidays.txt.gz. A line is a place (`DE`, or `DE-BY` for what a part has beyond its country), a name, and days; the
first line says which version made it. A part that has nothing beyond its country stands there once, without a name.
"""

import sys
import warnings

import holidays

YEARS = range(2000, 2041)


def days_of(country: str, part: str | None = None) -> set[tuple[str, str]]:
    with warnings.catch_warnings():
        # Some countries announce their holidays a few years ahead.
        warnings.simplefilter("ignore")
        found = holidays.country_holidays(country, subdiv=part, years=YEARS)
    return {(name.strip(), day.strftime("%Y%m%d")) for day, names in found.items() for name in names.split("; ")}


def print_place(place: str, days: set[tuple[str, str]]) -> None:
    of_names: dict[str, list[str]] = {}
    for name, day in sorted(days):
        of_names.setdefault(name.replace("\t", " "), []).append(day)
    for name, on in sorted(of_names.items()) or [("", [])]:
        print(place, name, " ".join(on), sep="\t")


def main() -> None:
    print(f"# holidays {holidays.__version__}, {YEARS.start} to {YEARS.stop - 1}")
    for country, parts in sorted(holidays.list_supported_countries().items()):
        if len(country) != 2:
            continue
        all_over = days_of(country)
        print_place(country, all_over)
        for part in sorted(parts):
            print_place(f"{country}-{part}", days_of(country, part) - all_over)


if __name__ == "__main__":
    sys.exit(main())
