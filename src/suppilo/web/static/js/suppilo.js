// Suppilo's browser snippet: page views, clicks and forms, as events to a Suppilo server.
// docs/how-to/track-a-website.md says how to use it. It is served without these comments.
(() => {
  "use strict";

  // What the page's own scripts may change later is kept from now on. Objects have no prototype,
  // so that nothing a page puts on Object.prototype gets into an event or a request.
  const { create, keys, freeze, getPrototypeOf, defineProperty } = Object;
  const { isArray } = Array;
  const { stringify, parse } = JSON;
  const { apply } = Reflect;
  const { min, max } = Math;
  const win = window;
  const doc = document;
  const nav = navigator;
  const { fetch, setTimeout, clearTimeout, Date, String, Element } = win;
  const { getAttribute, getAttributeNames, querySelectorAll } = Element.prototype;
  const attribute = (element, name) => apply(getAttribute, element, [name]);
  const on = (target, name, act) => target.addEventListener(name, guard(act), true);

  // Nothing of this may ever stop the page.
  const guard = (act) => (...given) => {
    try {
      act(...given);
    } catch {}
  };

  const script =
    doc.currentScript instanceof HTMLScriptElement
      ? doc.currentScript
      : doc.querySelector("script[data-key][src*='suppilo.js']");
  const waiting = win.suppilo;
  if (!script || typeof waiting?.version === "string") return;
  const setting = (name) => attribute(script, "data-" + name);
  const has = (name) => setting(name) !== null;
  const writeKey = setting("key") || "";
  const target = (setting("host") || new URL(script.src).origin) + "/api/v1/events";
  const wishes = setting("respect") || "";
  const manual = has("manual");
  const silent =
    (wishes.includes("dnt") && nav.doNotTrack === "1") ||
    (wishes.includes("gpc") && nav.globalPrivacyControl);

  // Ids begin with the time, so those of one browser sort by it: 12 digits, a count, chance.
  let made = 0;
  const makeId = () => {
    const chance = crypto.getRandomValues(new Uint8Array(8));
    let id = Date.now().toString(16).padStart(12, "0") + (++made & 65535 | 65536).toString(16).slice(1);
    for (let i = 0; i < 8; i++) id += (chance[i] | 256).toString(16).slice(1);
    return id;
  };

  // Copies what JSON can hold: plain objects and lists, without what a page's prototypes add.
  let budget = 0;
  const clean = (value, depth = 0) => {
    const kind = typeof value;
    if (kind === "bigint") return String(value);
    if (kind === "function") return;
    if (kind !== "object" || value === null) return value;
    if (depth === 0) budget = 2000;
    if (value instanceof Date) return isNaN(value) ? null : value.toISOString();
    const above = getPrototypeOf(value);
    const isList = isArray(value);
    if (depth > 8 || !(isList || !above || !getPrototypeOf(above))) return;
    const copy = isList ? [] : create(null);
    if (isList) defineProperty(copy, "toJSON", { __proto__: null });
    for (const name of keys(value)) {
      if (--budget < 0) break;
      try {
        copy[name] = clean(value[name], depth + 1);
      } catch {}
    }
    return copy;
  };
  const record = (value) => (isArray(value) ? undefined : clean(Object(value)));

  // Texts by key: in the browser's storage, or in memory where that is full, forbidden or unwanted.
  const memory = create(null);
  let area = null;
  try {
    if (!silent && !has("cookieless")) area = win.localStorage;
  } catch {}
  const { getItem, setItem, removeItem, key: keyAt } = Storage.prototype;
  const read = (key) => {
    if (key in memory) return memory[key];
    try {
      return apply(getItem, area, [key]);
    } catch {
      return null;
    }
  };
  const drop = (key) => {
    delete memory[key];
    if (area) apply(removeItem, area, [key]);
  };
  const write = (key, text) => {
    try {
      apply(setItem, area, [key, text]);
      delete memory[key];
    } catch {
      memory[key] = text;
    }
  };

  // Who this is: a: device, u: user, s: session, t: its last event, c: campaign, r: referrer.
  const OWN = "suppilo." + writeKey;
  const QUEUE = OWN + ".";
  let state;
  const renew = () => (state = { __proto__: null, a: makeId() });
  const load = () => {
    try {
      state = clean(parse(read(OWN)));
    } catch {}
    if (!state?.a) renew();
  };
  const save = () => write(OWN, stringify(state));

  const address = () => (has("hash") ? location.href : location.href.split("#")[0]);
  let here = address();
  let before = doc.referrer;

  // How this visit began: campaign and click ids of the address, or the page that led here.
  const MARKS =
    "utm_source utm_medium utm_campaign utm_term utm_content gclid gbraid wbraid fbclid msclkid";
  const findLanding = () => {
    const found = create(null);
    for (const mark of MARKS.split(" ")) {
      const value = new URLSearchParams(location.search).get(mark);
      if (value) found[mark === "utm_campaign" ? "name" : mark.replace("utm_", "")] = value;
    }
    const outside = before && new URL(before).host !== location.host;
    return { __proto__: null, c: keys(found)[0] && found, r: outside ? before : undefined };
  };
  let landing;

  const touch = () => {
    load();
    const now = Date.now();
    const begins = !state.s || now - state.t > 18e5;
    if (begins) {
      state.s = makeId();
      state.c = state.r = undefined;
    }
    if (landing && (begins || landing.c)) {
      state.c = landing.c;
      state.r = landing.r;
    }
    landing = undefined;
    state.t = now;
    save();
    return now;
  };

  const describePage = () => ({
    __proto__: null,
    url: here,
    path: location.pathname,
    title: doc.title,
    referrer: before,
  });

  // Events made here that have not arrived yet, as far as is known: is each waiting to be sent?
  const own = create(null);
  const add = (type, fields, page) => {
    if (silent) return;
    if (!page) settle();
    const now = touch();
    const id = makeId();
    const event = {
      __proto__: null,
      type,
      messageId: id,
      timestamp: new Date(now).toISOString(),
      anonymousId: state.a,
      userId: state.u,
      ...fields,
      context: {
        __proto__: null,
        page: page || describePage(),
        campaign: state.c,
        referrer: state.r && { __proto__: null, url: state.r },
        sessionId: state.s,
        locale: nav.language,
        library: { __proto__: null, name: "suppilo.js", version: api.version },
      },
    };
    own[id] = true;
    write(QUEUE + id, stringify(event));
    plan(300);
  };

  // A batch is made of texts: what was written down once is sent as it was.
  const LIMIT = 6e4;
  const wrap = (texts) =>
    `{"writeKey":${stringify(writeKey)},"sentAt":"${new Date().toISOString()}","batch":[${texts}]}`;
  const size = (text) => new Blob([text]).size;
  const collect = (ids, most) => {
    const batch = { __proto__: null, ids: [], text: "", bytes: 200 };
    for (const id of ids) {
      const text = read(QUEUE + id);
      if (!text) continue;
      const bytes = size(text) + 1;
      if (batch.text && (batch.ids.length >= most || batch.bytes + bytes > LIMIT)) break;
      batch.text += (batch.text && ",") + text;
      batch.bytes += bytes;
      batch.ids.push(id);
    }
    return batch;
  };

  // The ids of all that waits, of every tab, oldest first; beyond 1,000 the oldest are given up.
  const findWaiting = () => {
    const found = keys(memory);
    for (let i = 0; area && i < area.length; i++) found.push(apply(keyAt, area, [i]));
    const ids = found.filter((key) => key.startsWith(QUEUE)).map((key) => key.slice(QUEUE.length));
    ids.sort();
    while (ids.length > 1000) drop(QUEUE + ids.shift());
    return ids;
  };

  const post = async (batch) => {
    const cut = new AbortController();
    const timer = setTimeout(() => cut.abort(), 15e3);
    try {
      const answer = await fetch(target, {
        __proto__: null,
        method: "POST",
        body: wrap(batch.text),
        // Browsers allow a page 64 kB at a time of what outlives it; a second try does without.
        keepalive: !failures && batch.bytes < LIMIT,
        signal: cut.signal,
      });
      // Until an answer is read to its end its request counts against what may be kept alive.
      await answer.text();
      return answer;
    } catch {
      return { __proto__: null, status: 0 };
    } finally {
      clearTimeout(timer);
    }
  };

  // One tab at a time sends, where the browser has locks. What two tabs send all the same (a tab
  // sees a moment late what another removed) the server stores once.
  let timer = 0;
  let busy = false;
  let stopped = false;
  let failures = 0;
  let notBefore = 0;
  const plan = (wait) => {
    if (!timer && !stopped) timer = setTimeout(flush, max(wait, notBefore - Date.now()));
  };
  const flush = async () => {
    timer = 0;
    if (busy) return void plan(300);
    busy = true;
    try {
      await (nav.locks ? nav.locks.request(OWN, drain) : drain());
    } catch {}
    busy = false;
  };
  const drain = async () => {
    let most = 100;
    while (!stopped) {
      const batch = collect(findWaiting(), most);
      if (!batch.text) return;
      for (const id of batch.ids) own[id] = false;
      const answer = await post(batch);
      const { ok, status } = answer;
      // A batch that can't be taken is halved to find out why, and only the cause is given up.
      const isBad = status === 400 || status === 413;
      const isDone = ok || (isBad && !batch.ids[1]);
      for (const id of batch.ids) {
        own[id] = !isDone;
        if (isDone) drop(QUEUE + id);
      }
      if (ok) failures = 0;
      else if (isBad) most = max(1, batch.ids.length >> 1);
      else if (!status || status === 408 || status === 429 || status > 499) return retry(answer);
      // Else the key or the address is wrong. What waits is kept for the next page.
      else stopped = true;
    }
  };
  const retry = (answer) => {
    const told = answer.status ? +answer.headers.get("retry-after") : 0;
    const wait = min(told * 1e3, 36e5) || min(3e4, 1e3 * 2 ** failures++) * (0.5 + Math.random());
    notBefore = Date.now() + wait;
    plan(wait);
  };

  // What was not sent yet goes with a beacon, whose arrival nobody hears of: it stays written
  // down, and is sent again from the next page.
  const leave = () => {
    settle();
    while (true) {
      const batch = collect(keys(own).filter((id) => own[id]), 1000);
      if (!batch.text || !nav.sendBeacon(target, wrap(batch.text))) return;
      for (const id of batch.ids) own[id] = false;
    }
  };

  // A page's title often comes after its address: a view is written down a moment later.
  let settle = () => {};
  const see = (name, properties) => {
    settle();
    const page = describePage();
    const seen = () => {
      settle = () => {};
      page.title = doc.title;
      add("page", { __proto__: null, name, properties }, page);
    };
    settle = seen;
    setTimeout(guard(() => settle === seen && seen()), 50);
  };
  const move = () => {
    const now = address();
    if (now === here) return;
    settle();
    before = here;
    here = now;
    if (!manual) see();
  };

  const PREFIX = "data-suppilo-";
  const readMarks = (element) => {
    const found = create(null);
    for (const name of apply(getAttributeNames, element, [])) {
      const value = attribute(element, name);
      const mark = name.startsWith(PREFIX) && name.slice(PREFIX.length).replaceAll("-", "_");
      if (!mark || mark === "event" || mark === "form") continue;
      found[mark] = String(+value) === value ? +value : value;
    }
    return found;
  };
  const click = (event) => {
    for (const element of event.composedPath()) {
      if (!(element instanceof Element)) continue;
      const name = attribute(element, PREFIX + "event");
      if (name) return void api.track(name, readMarks(element));
    }
  };
  const submit = (event) => {
    const form = event.target;
    const name = attribute(form, PREFIX + "form");
    if (name === null) return;
    const found = readMarks(form);
    for (const field of apply(querySelectorAll, form, [`[${PREFIX}field]`])) {
      const { type, checked } = field;
      const title = attribute(field, PREFIX + "field") || field.name;
      if (!title || type === "password" || type === "file" || (type === "radio" && !checked)) continue;
      found[title] = type === "checkbox" ? checked : field.value;
    }
    api.track(name || "Form Submitted", found);
  };

  const asId = (id) => (id || id === 0 ? String(id) : undefined);
  const become = (id) => {
    settle();
    load();
    const former = state.u;
    state.u = asId(id) || former;
    return former;
  };
  const api = {
    __proto__: null,
    version: "1.0.0",
    track: guard((name, properties) =>
      add("track", { __proto__: null, event: String(name), properties: record(properties) }),
    ),
    page: guard((name, properties) => {
      if (typeof name === "object") [name, properties] = [undefined, name];
      see(asId(name), record(properties));
    }),
    identify: guard((id, traits) => {
      if (typeof id === "object") [id, traits] = [undefined, id];
      const former = become(id);
      if (former && former !== state.u) state.s = undefined;
      save();
      add("identify", { __proto__: null, traits: record(traits) });
    }),
    group: guard((id, traits) =>
      add("group", { __proto__: null, groupId: asId(id), traits: record(traits) }),
    ),
    alias: guard((id, previous) => {
      const former = become(id);
      save();
      add("alias", { __proto__: null, previousId: asId(previous) || former || state.a });
    }),
    reset: guard(() => {
      settle();
      renew();
      save();
    }),
    push: guard((...commands) => {
      for (const [name, ...given] of commands) guard(api[name])(...given);
    }),
  };
  freeze(api);

  const start = () => {
    landing = findLanding();
    if (!manual) see();
    api.push(...(isArray(waiting) ? waiting : []));
    for (const name of ["pushState", "replaceState"]) {
      const native = history[name];
      history[name] = function (...given) {
        const result = apply(native, this, given);
        guard(move)();
        return result;
      };
    }
    on(win, "popstate", move);
    on(win, "hashchange", move);
    on(doc, "click", click);
    on(doc, "submit", submit);
    on(win, "pagehide", leave);
    on(doc, "visibilitychange", () => doc.visibilityState === "hidden" && leave());
    on(win, "pageshow", (event) => event.persisted && !manual && see());
    on(win, "online", () => {
      notBefore = failures = 0;
      clearTimeout(timer);
      timer = 0;
      plan(0);
    });
    plan(300);
  };

  defineProperty(win, "suppilo", { __proto__: null, value: api, configurable: true });
  if (silent) return;
  if (doc.prerendering) doc.addEventListener("prerenderingchange", guard(start), { once: true });
  else guard(start)();
})();
