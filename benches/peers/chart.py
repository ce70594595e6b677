"""Draw what compare.py measured: CPU time a series, on a logarithmic scale."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402 (after the choice of its output)

OURS, OTHERS = "#1f6feb", "#8b949e"

results, out = Path(sys.argv[1]), Path(sys.argv[2])
lines = json.loads(results.read_text())
samples = list(dict.fromkeys(line["sample"] for line in lines))
# The same input makes the same file.
plt.rcParams |= {"svg.hashsalt": "peers", "svg.fonttype": "none", "font.size": 9}

of_sample = {name: [line for line in lines if line["sample"] == name] for name in samples}
heights = [len(of_sample[name]) + 1 for name in samples]
figure, panels = plt.subplots(
    len(samples), figsize=(8, 0.3 * sum(heights) + 0.6), sharex=True, squeeze=False,
    height_ratios=heights, layout="constrained",
)
for panel, name in zip(panels[:, 0], samples, strict=True):
    shown = sorted(of_sample[name], key=lambda line: -line["cpu_ms"])
    colours = [OURS if line["name"] == "fleetcast" else OTHERS for line in shown]
    costs = [line["cpu_ms"] for line in shown]
    bars = panel.barh([line["name"] for line in shown], costs, color=colours)
    labels = [f"{ms:,.0f}" if ms >= 100 else f"{ms:.1f}" for ms in costs]
    panel.bar_label(bars, labels, padding=3)
    panel.set_xscale("log")
    panel.set_xlim(left=1)
    panel.set_ylim(-0.6, len(shown) - 0.4)
    panel.xaxis.set_major_formatter("{x:,.0f}")
    panel.set_title(name, loc="left", fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)
    panel.margins(x=0.1)
panels[-1, 0].set_xlabel(
    "CPU ms a series (logarithmic): 32/4 months, refit, 180 days, 80 % interval"
)
figure.savefig(out, metadata={"Date": None})
