"use strict";
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50; // rows shown at a time
  const TOP = 6; // charts shown above the list
  const DAY = 86400; // seconds
  const RECENT = 400; // days of history that charts show at first
  const STATUS = [
    { name: "over", label: "▲ over already", style: "over" },
    { name: "within", label: `● within ${DATA.future} days`, style: "within" },
    { name: "possible", label: `◐ possible within ${DATA.future} days`, style: "within" },
    { name: "not_within_horizon", label: `○ not within ${DATA.future} days`, style: "fine" },
    { name: "no_limit", label: "? needs a limit", style: "none" },
    { name: "no_forecast", label: "– no forecast", style: "none" },
  ];
  const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
  const byId = (id) => document.getElementById(id);

  const SERIES = DATA.rows.map((row, rank) => ({
    rank, host: DATA.hosts[row[0]], resource: DATA.resources[row[1]], status: row[2],
    days: row[3], earliest: row[4], latest: row[5], chance: row[6],
    threshold: row[7], capacity: row[8], recent: row[9], peak: row[10],
    trust: row[11], model: row[12], decidedBy: row[13], mapes: row[14], coverage: row[15],
    behaviour: row[16] === null ? null : DATA.behaviours[row[16]], codes: row[17].map((code) => DATA.codes[code]), by: row[18],
    growth: row[19], order: row[20], since: row[21], inPercent: row[22] === 1, marks: row[23], planned: row[24],
  }));
  const HOSTS = new Map();
  for (const one of SERIES) {
    if (!HOSTS.has(one.host)) HOSTS.set(one.host, []);
    HOSTS.get(one.host).push(one);
  }

  // --- words and figures

  const day = (ahead) => new Date((DATA.as_of + ahead) * DAY * 1000).toISOString().slice(0, 10);
  const figure = (value) => value === null || value === undefined ? "–"
    : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en").replaceAll(",", "\u202f")
    : String(Number(value.toPrecision(3)));
  const modelName = (model) => model === null ? "–" : DATA.models[model].replaceAll("_", " ");
  const percent = (value) => value === null || value === undefined ? "–" : value.toFixed(1);

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined) continue;
      if (name === "class") made.className = value; else made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  /** A probability in percent, in words. */
  function chance(percent) {
    if (percent === null) return "Not known how likely it is";
    if (percent < 5) return "Less than 1 in 20";
    if (percent > 95) return "More than 19 in 20";
    return `${Math.max(1, Math.round(percent / 10))} in 10`;
  }

  function sentence(one) {
    const until = (days) => `${day(days)} (in ${days} ${days === 1 ? "day" : "days"})`;
    if (one.status === 0) {
      const since = one.since === null ? "" : `, since ${day(-one.since)}${one.since >= 132 ? " or before" : ""}`;
      return `Over ${figure(one.threshold)} already${since}, ${figure(one.recent)} in the last days.${changing(one)}`;
    }
    if (one.status < 4) {
      const days = [
        one.days === null ? null : `as likely as not by ${until(one.days)}`,
        one.earliest === null || one.earliest === one.days ? null : `1 in 10 by ${until(one.earliest)}`,
        one.latest === null || one.latest === one.days ? null : `9 in 10 by ${until(one.latest)}`,
      ].filter((text) => text !== null);
      const when = days.length ? `: ${days.join(", ")}` : "";
      return `${chance(one.chance)} that it is full (${figure(one.threshold)}) within ${DATA.future} days${when}.${changing(one)}`;
    }
    if (one.status === 4) return `The forecast peaks at ${figure(one.peak)}. What is full has not been said.`;
    return `No forecast: ${one.codes.join(", ").replaceAll("_", " ") || "not part of the run"}.`;
  }

  /** How the level changes, and what would have to be added. */
  function changing(one) {
    const growth = one.growth === null ? "" : one.growth > 0 ? ` Grows by ${figure(one.growth)} a month.` : ` Falls by ${figure(-one.growth)} a month.`;
    return growth + (one.order > 0 ? ` To order: ${amount(one)}.` : "");
  }

  const amount = (one) => one.order > 0 ? `${figure(one.order)}${one.inPercent ? " %" : ""}` : "–";

  function evidence(one) {
    if (one.model === null) return "";
    const scored = DATA.models.map((model, index) => one.mapes[index] === null || one.mapes[index] === undefined
      ? null : `${modelName(index)} ${percent(one.mapes[index])} %`).filter(Boolean).join(", ");
    const parts = [`Model: ${modelName(one.model)}`];
    parts.push(scored ? `backtest MAPE ${scored}` : "no backtest");
    if (one.coverage !== null) parts.push(`interval held ${percent(one.coverage)} % of days`);
    if (one.trust === null) parts.push("trust not graded");
    if (one.behaviour) parts.push(one.behaviour.replaceAll("_", " "));
    if (one.codes.length) parts.push(`data: ${one.codes.join(", ").replaceAll("_", " ")}`);
    return parts.join(" · ");
  }

  // --- charts

  function unpack(packed) {
    const [step, low, high, text] = packed;
    const bytes = atob(text);
    const steps = (days) => Math.ceil(days / step);
    const lengths = [steps(DATA.history), ...Array(4).fill(steps(DATA.backtest)), ...Array(step === 1 ? 5 : 3).fill(steps(DATA.future))];
    let position = 0;
    const parts = lengths.map((length) => {
      const values = [];
      for (let i = 0; i < length; i++) {
        const byte = bytes.charCodeAt(position++);
        values.push(byte === 0 ? null : low + (byte - 1) / 254 * (high - low));
      }
      return values;
    });
    return { step, parts };
  }

  /** Columns as the chart library wants them, all as long as the first: days. */
  function columns({ step, parts }) {
    const [history, champion, challenger, lower, upper, yhat, yhatLower, yhatUpper] = parts;
    // Weeks have no room for the bounds at 95 %.
    const [wideLower, wideUpper] = parts.length > 8 ? parts.slice(8) : [yhat.map(() => null), yhat.map(() => null)];
    const middle = (step - 1) / 2;
    const past = history.map((_, i) => DATA.as_of - step * (history.length - 1 - i) - middle);
    const ahead = yhat.map((_, j) => DATA.as_of + 1 + step * j + middle);
    const before = history.length - champion.length;
    const none = (length) => Array(length).fill(null);
    const inBacktest = (values) => [...none(before), ...values, ...none(ahead.length)];
    const inFuture = (values) => [...none(history.length), ...values];
    const missed = step > 1 ? none(history.length + ahead.length) : inBacktest(champion.map((_, i) => {
      const value = history[before + i];
      return value !== null && lower[i] !== null && (value < lower[i] || value > upper[i]) ? value : null;
    }));
    return [
      [...past, ...ahead].map((epochDay) => epochDay * DAY),
      [...history, ...none(ahead.length)],
      inBacktest(champion), inBacktest(challenger), inBacktest(upper), inBacktest(lower),
      inFuture(yhat), inFuture(yhatUpper), inFuture(yhatLower), missed,
      inFuture(wideUpper), inFuture(wideLower),
    ];
  }

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let drawn = []; // { box, plot, draw }
  let whole = false; // the whole history, or the last months of it

  /** The days from the first shown to the last. */
  const span = () => [(whole ? DATA.as_of - DATA.history : Math.max(DATA.as_of - DATA.history, DATA.as_of - RECENT)) * DAY,
    (DATA.as_of + DATA.future) * DAY];

  function drawChart(box, one, readout) {
    const packed = DATA.charts[one.rank];
    if (!packed) {
      box.append(element("p", { class: "muted" }, one.status === 5
        ? "Nothing to draw." : "Not drawn: the file would grow too large. `cargo xtask show` draws any host."));
      box.style.height = "auto";
      return;
    }
    const unpacked = unpack(packed);
    const data = columns(unpacked);
    const values = data.slice(1).flat().filter((value) => value !== null);
    let low = Math.min(...values), high = Math.max(...values);
    // A threshold far off would press the series flat; it is named instead.
    const nearby = one.threshold !== null && one.threshold <= 8 * Math.max(Math.abs(high), Math.abs(low));
    if (nearby) { high = Math.max(high, one.threshold); low = Math.min(low, one.threshold); }
    // From the day on that another limit is planned for, the line is another one, or is named where it is far off.
    const steps = one.threshold === null ? [] : [[null, one.threshold], ...one.planned];
    if (low >= 0 && low < 0.6 * high) low = 0;
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    const top = high + room;
    const bottom = low === 0 ? 0 : low - room;
    const isLow = (one.recent ?? low) < (bottom + top) / 2; // then names of days stand above it

    const draw = () => {
      const muted = color("--muted"), line = color("--line"), over = color("--over");
      const quiet = { points: { show: false }, spanGaps: false };
      const series = [
        {},
        { ...quiet, stroke: color("--actual"), width: 1 },
        { ...quiet, stroke: color("--m0"), width: 1.25, dash: [6, 3] },
        { ...quiet, stroke: color("--m1"), width: 1.25, dash: [2, 3] },
        { ...quiet, stroke: "transparent" }, { ...quiet, stroke: "transparent" },
        { ...quiet, stroke: color("--forecast"), width: 2 },
        { ...quiet, stroke: "transparent" }, { ...quiet, stroke: "transparent" },
        { stroke: over, paths: () => null, points: { show: true, size: 5, fill: over, stroke: over } },
        { ...quiet, stroke: "transparent" }, { ...quiet, stroke: "transparent" },
      ];
      const fan = color("--fan");
      const marks = (u) => {
        const { ctx } = u, ratio = devicePixelRatio || 1;
        ctx.save();
        ctx.font = `${12 * ratio}px system-ui, sans-serif`;
        ctx.lineWidth = ratio;
        ctx.textAlign = "left";
        ctx.textBaseline = "alphabetic";
        const vertical = (epochDay, text, stroke, row, dash) => {
          const x = u.valToPos(epochDay * DAY, "x", true);
          ctx.strokeStyle = ctx.fillStyle = stroke;
          ctx.setLineDash(dash.map((length) => length * ratio));
          ctx.beginPath(); ctx.moveTo(x, u.bbox.top); ctx.lineTo(x, u.bbox.top + u.bbox.height); ctx.stroke();
          ctx.setLineDash([]);
          const width = ctx.measureText(text).width;
          const before = x - width - 4 * ratio;
          const left = before < u.bbox.left ? x + 4 * ratio : before;
          const y = isLow ? u.bbox.top + (30 + 15 * row) * ratio : u.bbox.top + u.bbox.height - (8 + 15 * row) * ratio;
          ctx.fillText(text, left, y);
        };
        vertical(DATA.as_of + 0.5, `data to ${day(0)}`, muted, 0, []);
        if (one.threshold !== null && !nearby) {
          ctx.fillStyle = over;
          ctx.fillText(`full at ${figure(one.threshold)}, far above`, u.bbox.left + 4 * ratio, u.bbox.top + 12 * ratio);
        } else if (one.threshold !== null) {
          ctx.strokeStyle = ctx.fillStyle = over;
          ctx.setLineDash([7 * ratio, 4 * ratio]);
          steps.forEach(([since, limit], place) => {
            if (limit > top || limit < bottom) return;
            const y = u.valToPos(limit, "y", true), at = (epochDay) => u.valToPos(epochDay * DAY, "x", true);
            const until = steps[place + 1];
            ctx.beginPath();
            ctx.moveTo(since === null ? u.bbox.left : at(since), y);
            ctx.lineTo(until ? at(until[0]) : u.bbox.left + u.bbox.width, y);
            ctx.stroke();
          });
          ctx.setLineDash([]);
          ctx.fillText(`full at ${figure(one.threshold)}`, u.bbox.left + 4 * ratio, u.valToPos(one.threshold, "y", true) - 4 * ratio);
        }
        one.planned.forEach(([epochDay, limit], place) => vertical(epochDay, `full at ${figure(limit)} from ${day(epochDay - DATA.as_of)}`, over, 6 + place % 2, [1, 3]));
        const [from] = span();
        one.marks.filter(([epochDay]) => epochDay * DAY >= from)
          .forEach(([epochDay, what], place) => vertical(epochDay, `${what} ${day(epochDay - DATA.as_of)}`, muted, 4 + place % 2, [1, 3]));
        if (one.status !== 0 && one.earliest !== null && one.earliest !== one.days) vertical(DATA.as_of + one.earliest, `1 in 10 ${day(one.earliest)}`, color("--within"), 1, [3, 3]);
        if (one.latest !== null && one.latest !== one.days && one.status !== 0) vertical(DATA.as_of + one.latest, `9 in 10 ${day(one.latest)}`, color("--within"), 3, [3, 3]);
        if (one.status === 1) vertical(DATA.as_of + one.days, `1 in 2 ${day(one.days)}`, over, 2, [3, 3]);
        ctx.restore();
        box.dataset.drawn = inked(u);
        document.body.dataset.charts = document.querySelectorAll("[data-drawn]").length;
      };
      const axis = { stroke: muted, font: "12px system-ui, sans-serif", grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
      const said = (u) => {
        const i = u.cursor.idx;
        if (i === null || i === undefined) { readout.textContent = unpacked.step > 1 ? "means of weeks" : "daily values"; return; }
        const at = (column) => data[column][i];
        const date = new Date(data[0][i] * 1000).toISOString().slice(0, 10);
        const parts = [];
        if (at(1) !== null) parts.push(`observed ${figure(at(1))}`);
        if (at(2) !== null) parts.push(`champion ${figure(at(2))}`);
        if (at(3) !== null) parts.push(`challenger ${figure(at(3))}`);
        if (at(6) !== null) parts.push(`forecast ${figure(at(6))} (${figure(at(8))} to ${figure(at(7))}${at(10) === null ? "" : `; 95 %: ${figure(at(11))} to ${figure(at(10))}`})`);
        readout.textContent = `${unpacked.step > 1 ? "week of " : ""}${date}: ${parts.join(", ") || "no value"}`;
      };
      box.replaceChildren();
      const plot = new uPlot({
        width: Math.max(260, box.clientWidth), height: 230, series,
        legend: { show: false }, cursor: { points: { show: false }, drag: { x: true, y: false } },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        scales: { x: { time: true, range: (u, from, to) => (u.zoomed ? [from, to] : span()) }, y: { range: () => [bottom, top] } },
        axes: [{ ...axis, values: dates }, { ...axis, size: 62, values: (u, ticks) => ticks.map((tick) => COMPACT.format(tick)) }],
        bands: [{ series: [10, 11], fill: color("--wide") }, { series: [4, 5], fill: fan }, { series: [7, 8], fill: fan }],
        hooks: { draw: [marks], setCursor: [said], setSelect: [(u) => { u.zoomed = u.select.width > 0; }] },
      }, data, box);
      return plot;
    };
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", `${one.host}, ${one.resource}. ${sentence(one)}`);
    readout.textContent = unpacked.step > 1 ? "means of weeks" : "daily values";
    drawn.push({ box, plot: draw(), draw });
  }

  /** Ticks as months, with the year where it begins. */
  function dates(u, ticks) {
    let before = null;
    return ticks.map((seconds) => {
      const date = new Date(seconds * 1000);
      const year = date.getUTCFullYear();
      const month = date.toLocaleString("en", { month: "short", timeZone: "UTC" });
      const dayOfMonth = date.getUTCDate() === 1 ? "" : `${date.getUTCDate()} `;
      const text = year === before ? `${dayOfMonth}${month}` : `${dayOfMonth}${month}\n${year}`;
      before = year;
      return text;
    });
  }

  /** What was drawn, as pixels of each colour inside the axes: observed, forecast (after the data: the
      champion's backtest has its colour), threshold. */
  function inked(plot) {
    const { left, top, width, height } = plot.bbox;
    const pixels = plot.ctx.getImageData(left, top, width, height).data;
    const colors = ["--actual", "--forecast", "--over"].map((name) => [1, 3, 5].map((at) => parseInt(color(name).slice(at, at + 2), 16)));
    const counts = colors.map(() => 0);
    const end = plot.valToPos((DATA.as_of + 1) * DAY, "x", true) - left;
    for (let i = 0; i < pixels.length; i += 4) {
      if (pixels[i + 3] < 100) continue;
      const same = colors.findIndex((rgb) => rgb.every((value, channel) => Math.abs(value - pixels[i + channel]) <= 8));
      const isFuture = (i / 4) % width > end;
      if (same >= 0 && (same !== 1 || isFuture)) counts[same]++;
    }
    return counts.join(" ");
  }

  function redraw() {
    drawn = drawn.filter((chart) => chart.box.isConnected);
    for (const chart of drawn) { chart.plot.destroy(); chart.plot = chart.draw(); }
  }

  /** How likely it is full by which day, as bars: nothing where it is over, or as good as impossible. */
  function odds(one) {
    if (one.status < 1 || one.status > 3 || one.chance === null || one.chance < 5) return null;
    const by = [30, 60, 90].map((days, i) => [days, one.by === null ? null : one.by[i]])
      .filter(([days, chance]) => chance !== null && days < DATA.future);
    by.push([DATA.future, one.chance]);
    const whole = (chance) => chance < 1 ? "<1" : chance > 99 ? ">99" : String(Math.round(chance));
    const bars = by.map(([days, chance]) => {
      const bar = element("i");
      bar.style.width = `${Math.max(1, chance)}%`;
      return element("li", {}, element("span", {}, `${days} days, to ${day(days)}`),
        element("span", { class: "gauge" }, bar), element("b", {}, `${whole(chance)} %`));
    });
    return element("ol", { class: "odds", "aria-label": "How likely it is full, by day" }, ...bars);
  }

  function card(one, withHost) {
    const chart = element("div", { class: "chart" });
    const readout = element("p", { class: "readout" });
    const name = withHost
      ? element("span", {}, openButton(one.host), ` ${one.resource}`) : element("span", {}, one.resource);
    const made = element("article", { class: "card" },
      element("h4", {}, name, element("span", {}, statusText(one), one.trust === null ? null : ` · trust ${one.trust}`)),
      element("p", {}, sentence(one)), chart, readout, odds(one),
      evidence(one) ? element("details", { class: "why" }, element("summary", {}, "Why?"), element("p", { class: "muted" }, evidence(one))) : null);
    return { made, draw: () => drawChart(chart, one, readout) };
  }

  function showCards(parent, list, withHost) {
    const cards = list.map((one) => card(one, withHost));
    parent.replaceChildren(...cards.map(({ made }) => made));
    for (const { draw } of cards) draw();
  }

  const statusText = (one) => element("span", { class: `status ${STATUS[one.status].style}` }, STATUS[one.status].label);
  function openButton(host) {
    const button = element("button", { type: "button", class: "link", title: `Open ${host}` }, host);
    button.addEventListener("click", () => { go({ host }); });
    return button;
  }

  // --- what the address says: #host=…&q=…&resource=…&status=…&trust=…

  const FIELDS = { q: "q", resource: "resource", status: "status", trust: "trust-filter" };
  function address() {
    return location.hash.includes("=") ? new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B")) : new URLSearchParams();
  }
  const fragment = (parts) => Object.entries(parts).filter(([, value]) => value)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  function filters() {
    return Object.fromEntries(Object.entries(FIELDS).map(([name, id]) => [name, byId(id).value]));
  }
  /** Opens a host (or closes it) and leaves the filters as they are. */
  function go({ host }) {
    const wanted = fragment({ host, ...filters() });
    if (location.hash.slice(1) === wanted) showHost(host); else location.hash = wanted || "risks";
  }

  // --- the host

  function showHost(host) {
    const panel = byId("host");
    const list = HOSTS.get(host);
    panel.hidden = !host;
    panel.replaceChildren();
    if (!host) return;
    const close = element("button", { type: "button" }, "Close");
    close.addEventListener("click", () => go({ host: null }));
    panel.append(element("header", {}, element("h3", {}, host), close));
    if (!list) {
      panel.append(element("p", {}, "There is no such host."));
    } else {
      const charts = element("div", { class: "charts" });
      panel.append(charts);
      showCards(charts, [...list].sort((a, b) => a.resource < b.resource ? -1 : 1), false);
    }
    panel.scrollIntoView({ block: "start" });
    panel.focus({ preventScroll: true });
  }

  // --- the list

  let sorting = { by: "rank", down: false };
  let limit = PAGE;
  let found = SERIES;

  const SORTS = {
    rank: (one) => one.rank, host: (one) => one.host, resource: (one) => one.resource,
    chance: (one) => one.chance === null ? null : -one.chance, days: (one) => one.days, earliest: (one) => one.earliest, threshold: (one) => one.threshold,
    level: (one) => one.recent === null || !one.threshold ? null : -one.recent / one.threshold,
    trust: (one) => one.trust, growth: (one) => one.growth === null ? null : -one.growth, order: (one) => one.order > 0 ? -one.order : null,
  };

  function compare(a, b) {
    const [x, y] = [SORTS[sorting.by](a), SORTS[sorting.by](b)];
    if (x === y) return a.rank - b.rank;
    if (x === null || x === undefined) return 1; // what is unknown comes last, either way
    if (y === null || y === undefined) return -1;
    return (x < y ? -1 : 1) * (sorting.down ? -1 : 1);
  }

  /** Who is over already is known: charts show first who is next. */
  function compareForCharts(a, b) {
    const order = (one) => one.status === 0 ? SERIES.length : one.status > 3 ? 2 * SERIES.length : 0;
    return order(a) + a.rank - (order(b) + b.rank);
  }

  function showList() {
    const body = byId("list").tBodies[0];
    body.replaceChildren(...found.slice(0, limit).map((one) => {
      const level = element("td", {}, figure(one.recent));
      if (one.threshold > 0 && one.recent !== null) {
        const bar = element("i");
        if (one.recent >= one.threshold) bar.className = "c-over";
        bar.style.width = `${Math.max(0, Math.min(100, 100 * one.recent / one.threshold))}%`;
        level.append(element("span", { class: "gauge", title: `${percent(100 * one.recent / one.threshold)} % of the threshold` }, bar));
      }
      return element("tr", {},
        element("th", { scope: "row" }, openButton(one.host)), element("td", {}, one.resource), element("td", {}, statusText(one)),
        element("td", {}, one.status === 0 ? "now" : one.chance === null ? "–" : `${Math.round(one.chance)} %`),
        element("td", {}, one.status === 1 ? `${day(one.days)} (${one.days} d)` : one.status === 0 ? "now" : "–"),
        element("td", {}, one.status === 0 ? "now" : one.earliest === null ? "–" : `${day(one.earliest)} (${one.earliest} d)`),
        level, element("td", {}, figure(one.threshold)),
        element("td", {}, one.growth === null ? "–" : `${one.growth > 0 ? "+" : ""}${figure(one.growth)}`), element("td", {}, amount(one)),
        element("td", {}, one.trust ?? "–"));
    }));
    if (!found.length) body.append(element("tr", {}, element("td", { colspan: 11 }, "Nothing matches. Reset the filters to see all.")));
    byId("more").hidden = found.length <= limit;
    byId("more").textContent = `Show ${Math.min(PAGE, found.length - limit)} more of ${(found.length - limit).toLocaleString("en")}`;
    byId("count").textContent = `${found.length.toLocaleString("en")} of ${SERIES.length.toLocaleString("en")} series`;
    document.body.dataset.found = found.length;
  }

  function applyFilters() {
    const { q, resource, status, trust } = filters();
    const part = q.toLowerCase();
    found = SERIES.filter((one) =>
      (!part || one.host.toLowerCase().includes(part)) && (!resource || one.resource === resource)
      && (!status || STATUS[one.status].name === status) && (!trust || (one.trust ?? "none") === trust));
    found.sort(compare);
    limit = PAGE;
    showList();
    const shown = [...found].sort(compareForCharts).slice(0, TOP);
    byId("top-title").textContent = shown.some((one) => one.status < 4) ? "Next to be full" : "Forecasts";
    showCards(byId("top"), shown, true);
  }

  function fillSelect(id, options) {
    for (const [value, label] of options) byId(id).append(element("option", { value }, label));
    if (options.length < 2) byId(id).parentElement.hidden = true;
  }

  // --- keys, buttons and the address

  function fromAddress() {
    const parts = address();
    if (location.hash && !location.hash.includes("=") && location.hash !== "#risks") return; // a section
    let changed = false;
    for (const [name, id] of Object.entries(FIELDS)) {
      const wanted = parts.get(name) ?? "";
      if (byId(id).value === wanted) continue;
      byId(id).value = wanted;
      if (byId(id).value !== wanted) { // asked for what this fleet does not have: then nothing is found
        byId(id).append(element("option", { value: wanted }, wanted));
        byId(id).value = wanted;
      }
      changed = true;
    }
    if (changed) applyFilters();
    showHost(parts.get("host"));
  }

  function rememberFilters() {
    const parts = fragment({ host: address().get("host"), ...filters() });
    try { history.replaceState(null, "", `#${parts || "risks"}`); } catch { /* some browsers refuse for files: the filter works all the same */ }
  }

  let waiting;
  byId("filters").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { applyFilters(); rememberFilters(); }, 120);
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", () => setTimeout(() => { applyFilters(); rememberFilters(); }));
  byId("whole").addEventListener("click", () => {
    whole = !whole;
    byId("whole").setAttribute("aria-pressed", String(whole));
    redraw();
  });
  byId("more").addEventListener("click", () => { limit += PAGE; showList(); });
  for (const heading of document.querySelectorAll("#list th[data-sort]")) {
    const button = element("button", { type: "button" }, ...heading.childNodes);
    heading.append(button);
    heading.addEventListener("click", () => {
      const by = heading.dataset.sort;
      sorting = { by, down: sorting.by === by && !sorting.down };
      for (const other of document.querySelectorAll("#list th[data-sort]")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", sorting.down ? "descending" : "ascending");
      found.sort(compare);
      showList();
    });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, select, textarea");
    if (event.key === "/" && !typing) { event.preventDefault(); byId("q").focus(); }
    if (event.key === "Escape" && !byId("host").hidden) go({ host: null });
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest?.("#list tbody")) {
      const buttons = [...document.querySelectorAll("#list tbody button")];
      const next = buttons[buttons.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) { event.preventDefault(); next.focus(); }
    }
  });
  window.addEventListener("hashchange", fromAddress);
  /** What an address leads to is not hidden behind a fold. */
  function unfold() {
    const target = location.hash.includes("=") ? null : document.getElementById(location.hash.slice(1));
    for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
  window.addEventListener("hashchange", unfold);

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  function setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
    byId("theme").textContent = isDark() ? "Light" : "Dark";
    byId("theme").setAttribute("aria-pressed", String(isDark()));
    redraw();
  }
  byId("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark"));
  dark.addEventListener("change", () => setTheme(document.documentElement.dataset.theme));
  // On paper, everything is on white.
  let onScreen;
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("#why, #now details:not(.plateaus)")].filter((fold) => !fold.open);
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });
  addEventListener("beforeprint", () => { onScreen = document.documentElement.dataset.theme ?? ""; setTheme("light"); });
  addEventListener("afterprint", () => setTheme(onScreen));
  let resizing;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(redraw, 150); });

  fillSelect("resource", [...DATA.resources].sort().map((name) => [name, name]));
  fillSelect("status", STATUS.filter((_, status) => SERIES.some((one) => one.status === status)).map(({ name, label }) => [name, label]));
  const grades = [...new Set(SERIES.filter((one) => one.model !== null).map((one) => one.trust ?? "none"))].sort();
  fillSelect("trust-filter", grades.map((grade) => [grade, grade === "none" ? "not graded" : grade]));
  setTheme(new URLSearchParams(location.search).get("theme"));
  applyFilters();
  fromAddress();
  unfold();
  document.body.dataset.ready = "yes";
})();
