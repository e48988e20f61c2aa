"use strict";
// What the emulator holds and what was asked of it. Every text is set as text, never as markup.

const PAGE_ROWS = 50;
const SHOWN_REQUESTS = 200;
const SECTIONS = ["data", "requests", "faults", "mails", "clock", "switches", "connect"];
const BLANKS = new Set(["", "0001-01-01", "0001-01-01T00:00:00Z", "00000000-0000-0000-0000-000000000000", "_x0020_"]);
const state = { company: null, sets: [], set: null, skip: 0, rows: [], entries: new Map(), answers: true };

const by = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is no element is text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.map((child) => (child instanceof Node ? child : document.createTextNode(String(child)))));
  return element;
}

/** Ask a control; an error is the emulator's own sentence. */
async function control(method, name, body, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await fetch(`/_emulator/${name}?${asked}`, options);
  const text = await response.text();
  const told = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(told && told.error ? told.error : `${method} ${name} is answered ${response.status}`);
  return told;
}

/** Do what a person asked for, and say how it went. */
async function act(done, work) {
  say("trouble", "");
  try {
    await work();
    say("done", done);
  } catch (error) {
    say("done", "");
    say("trouble", `That did not work: ${error.message}`);
  }
}

function say(id, text) {
  by(id).textContent = text;
  by(id).hidden = !text;
  if (id === "done" && text) setTimeout(() => { if (by(id).textContent === text) say(id, ""); }, 4000);
}

// -- data --------------------------------------------------------------------------------------------------------------

async function loadCompanies() {
  const companies = await control("GET", "rows", undefined, { entity_set: "companies" });
  const options = companies.map((row) => make("option", { value: row.id }, row.displayName || row.name));
  by("company").replaceChildren(...options, make("option", { value: "" }, "(environment)"));
  if (![...by("company").options].some((one) => one.value === state.company)) state.company = companies[0]?.id ?? "";
  by("company").value = state.company;
  await loadSets();
}

async function loadSets() {
  state.sets = await control("GET", "sets", undefined, { company: state.company });
  if (!state.sets.some((one) => one.name === state.set)) {
    state.set = state.sets.some((one) => one.name === "customers") ? "customers" : state.sets[0]?.name ?? null;
    state.skip = 0;
  }
  showSets();
  await loadRows();
}

function showSets() {
  const wanted = by("find").value.trim().toLowerCase();
  const shown = state.sets.filter(
    (one) => one.name.toLowerCase().includes(wanted) && (!by("with-rows").checked || one.rows !== 0),
  );
  const had = document.activeElement?.closest?.("#sets button")?.dataset.set;
  by("sets").replaceChildren(...shown.map((one) => make("li", {}, make(
    "button",
    { type: "button", "data-set": one.name, "aria-current": one.name === state.set ? "true" : null, onclick: () => choose(one.name) },
    make("span", {}, one.name),
    make("span", {}, one.rows === null ? "\u2013" : one.rows.toLocaleString("en")),
  ))));
  const current = by("sets").querySelector("[aria-current]");
  if (current && !had) by("sets").scrollTop = current.offsetTop - by("sets").offsetTop - 60;
  if (had) by("sets").querySelector(`[data-set="${CSS.escape(had)}"]`)?.focus();
}

async function choose(name) {
  state.set = name;
  state.skip = 0;
  showSets();
  await act("", loadRows);
}

async function loadRows() {
  if (!state.set) return;
  const [set, company, skip] = [state.set, state.company, state.skip];
  const rows = await control("GET", "rows", undefined, { company, entity_set: set, skip, top: PAGE_ROWS + 1 });
  if (set !== state.set || company !== state.company || skip !== state.skip) return;
  state.rows = rows.slice(0, PAGE_ROWS);
  by("previous").disabled = skip === 0;
  by("next").disabled = rows.length <= PAGE_ROWS;
  const total = state.sets.find((one) => one.name === set)?.rows;
  const last = skip + state.rows.length;
  by("place").textContent = last ? `${skip + 1}\u2013${last}${total === null || total === undefined ? "" : ` of ${total.toLocaleString("en")}`}` : "";
  by("set-title").textContent = set;
  showRows();
}

function showRows() {
  const all = [...new Set(state.rows.flatMap((row) => Object.keys(row)))];
  const columns = by("filled").checked ? all.filter((name) => state.rows.some((row) => !isBlank(row[name]))) : all;
  by("table").replaceChildren(state.rows.length ? table(columns, state.rows) : make("p", { class: "quiet empty" }, "No rows."));
  by("table").scrollTo(0, 0);
}

function isBlank(value) {
  return value === null || value === undefined || value === 0 || value === false || BLANKS.has(value);
}

function table(columns, rows) {
  const numbers = (name) => rows.every((row) => typeof row[name] === "number");
  const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col", class: numbers(name) ? "number" : null }, name)));
  const body = rows.map((row) => make("tr", {}, ...columns.map((name) => cell(row[name]))));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

function asText(value) {
  return value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function cell(value) {
  const text = asText(value);
  const kind = typeof value === "number" ? "number" : BLANKS.has(value) ? "blank" : null;
  return make("td", { class: kind, title: text.length > 40 ? text : null }, text);
}

// -- requests ----------------------------------------------------------------------------------------------------------

async function follow() {
  const open = [...state.entries.values()].filter((one) => one.entry.ended === null).map((one) => one.entry.n);
  const since = open.length ? Math.min(...open) - 1 : Math.max(0, ...state.entries.keys());
  const entries = await control("GET", "requests", undefined, { since, last: SHOWN_REQUESTS });
  // The log begins again at 1 after a reset.
  if (!entries.length && since) {
    const newest = await control("GET", "requests", undefined, { last: 1 });
    if (!newest.length || newest[0].n < since) clearLog();
  }
  entries.forEach(note);
  while (state.entries.size > SHOWN_REQUESTS) drop(Math.min(...state.entries.keys()));
  by("no-requests").hidden = state.entries.size > 0;
  const newest = Math.max(0, ...state.entries.keys());
  by("request-count").textContent = newest ? newest.toLocaleString("en") : "";
}

function note(entry) {
  const known = state.entries.get(entry.n);
  const element = line(entry);
  if (known) {
    element.firstChild.open = known.element.firstChild.open;
    known.element.replaceWith(element);
  } else {
    by("log").prepend(element);
  }
  state.entries.set(entry.n, { entry, element });
}

function drop(n) {
  state.entries.get(n).element.remove();
  state.entries.delete(n);
}

function clearLog() {
  [...state.entries.keys()].forEach(drop);
}

function line(entry) {
  const query = Object.entries(entry.query).map(([name, value]) => `${name}=${value}`).join("&");
  const took = entry.ended === null ? "\u2026" : `${Math.max(1, Math.round(1000 * (entry.ended - entry.started)))} ms`;
  const status = entry.ended === null ? ["\u2026", "odd"] : entry.status === null ? ["cut", "bad"] : [entry.status, kindOf(entry.status)];
  const summary = make("summary", {},
    make("span", { class: "n" }, entry.n),
    make("span", { class: "at" }, new Date(1000 * entry.started).toLocaleTimeString("en-GB")),
    make("span", { class: `status-${status[1]}` }, status[0]),
    make("span", {}, entry.method),
    make("span", { class: "address" }, ...address(query ? `${entry.path}?${query}` : entry.path)),
    make("span", { class: "took" }, took));
  const more = { path: entry.path, principal: entry.principal, query: entry.query, headers: entry.headers, operations: entry.operations };
  const details = make("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(make("pre", { tabindex: "0" }, JSON.stringify(more, null, 2)));
  });
  return make("li", {}, details);
}

/** A path below a company begins with what all of them have in common; whole it is in the details. */
function address(text) {
  const match = /^.*?\/(companies\([0-9a-f]{8})[0-9a-f-]{28}\)(\/.*)$/i.exec(text);
  return match ? [make("span", { class: "prefix" }, `${match[1]}\u2026)`), match[2]] : [text];
}

function kindOf(status) {
  return status < 300 ? "good" : status < 400 ? "odd" : "bad";
}

// -- faults, clock, state, switches ------------------------------------------------------------------------------------

async function loadFaults() {
  const faults = await control("GET", "faults");
  by("fault-count").textContent = faults.length || "";
  const used = [...new Set(["befallen", "times", "method", "path", "status", ...faults.flatMap(Object.keys)])];
  const told = (one) => used.map((name) => [name, name === "times" && !one.times ? "all" : one[name] === undefined ? "" : asText(one[name])]);
  const shown = faults.map((one) => Object.fromEntries(told(one)));
  by("fault-list").replaceChildren(...(faults.length ? [table(used, shown)] : []));
  by("clear-faults").disabled = !faults.length;
}

async function loadSent() {
  const [mails, letters] = await Promise.all([control("GET", "mails"), control("GET", "notifications")]);
  by("mail-count").textContent = mails.length + letters.sent.length || "";
  list("mail-list", ["sentAt", "to", "subject", "kind", "entitySet", "documentNumber"], mails);
  list("notification-list", ["url", "status", "body"], letters.sent);
  by("due").textContent = letters.due ? `The next letter is due at ${letters.due}.` : "";
}

/** A table of what came last first; nothing where there is nothing. */
function list(id, columns, rows) {
  by(id).replaceChildren(...(rows.length ? [table(columns, [...rows].reverse())] : []));
}

async function orderFault(event) {
  event.preventDefault();
  const told = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== ""));
  for (const name of ["status", "skip", "times", "delay_ms"]) if (name in told) told[name] = Number(told[name]);
  await act("The fault is ordered.", async () => {
    await control("POST", "faults", told);
    await loadFaults();
  });
}

async function loadClock() {
  const clock = await control("GET", "clock");
  by("now").textContent = `${clock.now.slice(0, 10)} ${clock.now.slice(11, 19)} UTC`;
  by("frozen").hidden = !clock.frozen;
  by("freeze").textContent = clock.frozen ? "Let it run" : "Freeze";
}

function setClock(body, done) {
  return act(done, async () => {
    await control("POST", "clock", body);
    await loadClock();
  });
}

async function loadSwitches() {
  const switches = await control("GET", "switches");
  by("switch-list").replaceChildren(...Object.entries(switches).map(([name, value]) => field(name, value)));
}

function field(name, value) {
  const change = (event) => {
    const input = event.target;
    const told = typeof value === "boolean" ? input.checked : typeof value === "number" ? Number(input.value) : input.value;
    act(`${name} is ${told}.`, () => control("POST", "switches", { [name]: told })).then(loadSwitches);
  };
  const kind = typeof value === "boolean" ? { type: "checkbox", checked: value } : { type: typeof value === "number" ? "number" : "text", step: "any", value };
  const input = make("input", { ...kind, id: `switch-${name}`, onchange: change });
  return typeof value === "boolean" ? make("label", { class: "check" }, input, name) : make("label", {}, name, input);
}

async function snapshot() {
  await act("The snapshot is taken.", async () => {
    const { snapshot: number } = await control("POST", "snapshot", {});
    const entry = make("li", {}, `Snapshot ${number}, ${new Date().toLocaleTimeString("en-GB")}`);
    entry.append(
      make("button", { type: "button", onclick: () => act(`Back at snapshot ${number}.`, async () => { await control("POST", "restore", { snapshot: number }); await everything(); }) }, "Restore"),
      make("button", { type: "button", onclick: () => act("", async () => { await control("DELETE", "snapshot", { snapshot: number }); entry.remove(); }) }, "Forget"),
    );
    by("snapshots").append(entry);
  });
}

async function loadAbout() {
  const about = await control("GET", "about");
  const shown = {
    "Data API": about.routes[0], "Tokens": about.token_url, "Tenant": about.tenant_id, "Environment": about.environment_name,
    "Client id": about.client_id, "Client secret": about.client_secret, "Other APIs": about.routes.slice(1).join(" "),
  };
  by("about").replaceChildren(...Object.entries(shown).filter(([, value]) => value).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  by("curl").textContent = [
    `TOKEN=$(curl -s ${about.token_url} -d grant_type=client_credentials -d client_id=${about.client_id} \\`,
    `  -d client_secret=${about.client_secret} -d scope=https://api.businesscentral.dynamics.com/.default |`,
    "  python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])')",
    `curl -H "Authorization: Bearer $TOKEN" ${about.routes[0]}/companies`,
  ].join("\n");
  by("version").textContent = about.version ? `Version ${about.version}.` : "";
}

// -- the page ----------------------------------------------------------------------------------------------------------

function showSection() {
  const wanted = SECTIONS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "data";
  for (const name of SECTIONS) by(`${name}-section`).hidden = name !== wanted;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${wanted}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function everything() {
  await Promise.all([loadCompanies(), loadFaults(), loadClock(), loadSwitches()]);
}

/** Once a second: what was asked, what time it is, how many requests each fault has befallen. */
async function beat() {
  try {
    if (!document.hidden) {
      if (by("live").checked) await follow();
      await Promise.all([loadClock(), loadFaults(), loadSent()]);
      if (!state.answers) await Promise.all([loadCompanies(), loadSwitches(), loadAbout()]);
    }
    if (!state.answers) say("trouble", "");
    state.answers = true;
  } catch (error) {
    state.answers = false;
    say("trouble", "The emulator does not answer. It may have ended.");
  }
  setTimeout(beat, 1000);
}

function listen() {
  window.addEventListener("hashchange", showSection);
  by("company").addEventListener("change", (event) => { state.company = event.target.value; state.skip = 0; act("", loadSets); });
  by("find").addEventListener("input", showSets);
  by("with-rows").addEventListener("change", showSets);
  by("filled").addEventListener("change", showRows);
  by("previous").addEventListener("click", () => { state.skip = Math.max(0, state.skip - PAGE_ROWS); act("", loadRows); });
  by("next").addEventListener("click", () => { state.skip += PAGE_ROWS; act("", loadRows); });
  by("fault").addEventListener("submit", orderFault);
  by("clear-faults").addEventListener("click", () => act("No faults any more.", async () => { await control("DELETE", "faults"); await loadFaults(); }));
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => setClock({ advance: button.dataset.advance }, `It is ${button.textContent.slice(2)} later.`));
  }
  by("freeze").addEventListener("click", () => setClock({ frozen: by("frozen").hidden }, by("frozen").hidden ? "The clock stands still." : "The clock runs."));
  by("set-clock").addEventListener("submit", (event) => { event.preventDefault(); setClock({ set: event.target.elements.set.value }, "The clock is set."); });
  by("switch-list").addEventListener("submit", (event) => event.preventDefault());
  by("snapshot").addEventListener("click", snapshot);
  by("reset").addEventListener("click", () => act("Back at the seed.", async () => { await control("POST", "reset"); clearLog(); await everything(); }));
}

listen();
showSection();
act("", async () => { await everything(); await loadAbout(); }).then(beat);
