// The dashboard's section on the served model.

import { figure } from "../alignstream/dashboard.js";

const language = document.body.dataset.language;
const element = (id) => document.getElementById(id);

function show(served) {
  element("served-none").hidden = Boolean(served.sha256);
  element("served").hidden = !served.sha256;
  if (!served.sha256) return;
  element("served-reason").textContent = served.reason;
  element("served-model").textContent = served.model;
  element("served-sha256").textContent = served.sha256;
  element("served-run").textContent = served.run;
  element("served-since").textContent = new Date(served.since).toLocaleString(language);
  element("served-positions").textContent = figure(served.positions);
  element("served-feedback").textContent = `👍 ${figure(served.feedback.up)}  👎 ${figure(served.feedback.down)}`;
  element("served-figures").replaceChildren(...Object.entries(served.figures).map(([name, value]) => {
    const row = document.createElement("div"), term = document.createElement("dt"), shown = document.createElement("dd");
    term.textContent = name;
    shown.textContent = figure(value);
    row.append(term, shown);
    return row;
  }));
}

async function watch() {
  try {
    const response = await fetch("served");
    if (response.ok) show(await response.json());
  } finally {
    setTimeout(watch, 3_000);
  }
}

watch();
