/*
 * The board by hand: cards are dragged with mouse, pen or finger, or moved with a menu by keyboard.
 * Without script each card leads to a page with a plain form.
 */

const START_PX = 6;
const HOLD_MS = 350;
const EDGE_PX = 48;
const STEP_PX = 14;

class DealBoard extends HTMLElement {
  connectedCallback() {
    this.addEventListener("pointerdown", (event) => this.press(event));
    this.addEventListener("click", (event) => this.click(event), true);
    this.addEventListener("dragstart", (event) => event.preventDefault());
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("submit", (event) => this.setAside(event));
    /* A finger that lifts a card must not scroll; the listener has to be there before it does. */
    this.addEventListener("touchmove", (event) => { if (this.drag?.ghost) event.preventDefault(); }, { passive: false });
    /* The menu of a link pressed long would take the finger away from the card. */
    this.addEventListener("contextmenu", (event) => { if (this.drag?.hold) event.preventDefault(); });
    this.placed = (event) => this.settle(event.detail);
    this.failed = (event) => this.fail(event);
    document.body.addEventListener("deal:placed", this.placed);
    document.body.addEventListener("htmx:sendError", this.failed);
    document.body.addEventListener("htmx:responseError", this.failed);
    this.pending = new Map();
  }

  disconnectedCallback() {
    document.body.removeEventListener("deal:placed", this.placed);
    document.body.removeEventListener("htmx:sendError", this.failed);
    document.body.removeEventListener("htmx:responseError", this.failed);
  }

  get mayMove() {
    return "mayMove" in this.dataset;
  }

  lane(key) {
    return this.querySelector(`.lane[data-stage="${CSS.escape(key)}"]`);
  }

  /* Dragging */

  press(event) {
    const card = event.target.closest(".deal");
    if (!card || !this.mayMove || event.button !== 0 || event.target.closest(".move-to, .dismiss")) return;
    this.drag = { card, id: event.pointerId, since: event.timeStamp, x: event.clientX, y: event.clientY };
    const follow = (moved) => this.follow(moved);
    const end = (ended) => this.drop(ended);
    const escape = (pressed) => { if (pressed.key === "Escape") this.stop(); };
    this.drag.listeners = [["pointermove", follow], ["pointerup", end], ["pointercancel", end], ["keydown", escape]];
    for (const [name, listener] of this.drag.listeners) window.addEventListener(name, listener);
    if (event.pointerType === "touch") this.drag.hold = setTimeout(() => this.lift(), HOLD_MS);
  }

  follow(event) {
    const drag = this.drag;
    if (!drag || event.pointerId !== drag.id) return;
    const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > START_PX;
    /* A busy page hears of the finger's way before its own timer. */
    const wasHeld = event.timeStamp - drag.since >= HOLD_MS;
    if (!drag.ghost && far && event.pointerType === "touch" && !wasHeld) return this.stop();
    drag.at = { x: event.clientX, y: event.clientY };
    if (!drag.ghost && far) this.lift();
    if (drag.ghost) this.carry();
    return undefined;
  }

  lift() {
    const drag = this.drag;
    clearTimeout(drag.hold);
    const box = drag.card.getBoundingClientRect();
    drag.at ??= { x: drag.x, y: drag.y };
    drag.offset = { x: drag.x - box.left, y: drag.y - box.top };
    drag.ghost = drag.card.cloneNode(true);
    drag.ghost.removeAttribute("id");
    drag.ghost.classList.add("ghost");
    drag.ghost.setAttribute("aria-hidden", "true");
    drag.ghost.style.width = `${box.width}px`;
    document.body.append(drag.ghost);
    drag.card.classList.add("lifted");
    document.documentElement.classList.add("dragging");
    this.carry();
    this.scrollAtEdge();
  }

  carry() {
    const { ghost, at, offset } = this.drag;
    ghost.style.transform = `translate(${at.x - offset.x}px, ${at.y - offset.y}px)`;
    const target = document.elementFromPoint(at.x, at.y)?.closest(".lane[data-stage]:not([data-gone]), .ending");
    if (target === this.drag.target) return;
    this.drag.target?.classList.remove("target");
    this.drag.target = target && this.contains(target) ? target : null;
    this.drag.target?.classList.add("target");
  }

  scrollAtEdge() {
    if (!this.drag?.ghost) return;
    const { x, y } = this.drag.at;
    const box = this.getBoundingClientRect();
    if (x > box.right - EDGE_PX) this.scrollLeft += STEP_PX;
    else if (x < box.left + EDGE_PX) this.scrollLeft -= STEP_PX;
    const list = this.drag.target?.querySelector(".cards-list");
    if (list) {
      const inner = list.getBoundingClientRect();
      if (y > inner.bottom - EDGE_PX) list.scrollTop += STEP_PX;
      else if (y < inner.top + EDGE_PX) list.scrollTop -= STEP_PX;
    }
    this.carry();
    requestAnimationFrame(() => this.scrollAtEdge());
  }

  drop(event) {
    const drag = this.drag;
    if (!drag || event.pointerId !== drag.id) return;
    const key = event.type === "pointerup" && drag.ghost && drag.target?.dataset.stage;
    const wasDragged = Boolean(drag.ghost);
    this.stop();
    if (wasDragged) this.ignoreClick = performance.now();
    if (key && key !== drag.card.closest(".lane")?.dataset.stage) this.move(drag.card, key);
  }

  stop() {
    const drag = this.drag;
    if (!drag) return;
    clearTimeout(drag.hold);
    for (const [name, listener] of drag.listeners) window.removeEventListener(name, listener);
    drag.ghost?.remove();
    drag.target?.classList.remove("target");
    drag.card.classList.remove("lifted");
    document.documentElement.classList.remove("dragging");
    this.drag = null;
  }

  /* Moving */

  move(card, key) {
    const lane = this.lane(key);
    this.pending.set(card.id, { lane: card.closest(".lane").dataset.stage, before: card.nextElementSibling });
    card.classList.add("waiting");
    if (lane) lane.querySelector(".cards-list").prepend(card);
    const values = { stage: key, revision: card.dataset.revision, board: location.search.slice(1) };
    window.htmx.ajax("POST", `${card.dataset.url}move/`, { source: card, target: "#deal-dialog-body", swap: "innerHTML", values });
  }

  setAside(event) {
    const form = event.target.closest("form.deal-gate");
    if (!form) return;
    event.preventDefault();
    this.byKeyboard = form.contains(document.activeElement);
    const values = { stage: form.elements.stage.value, board: location.search.slice(1) };
    window.htmx.ajax("POST", form.getAttribute("action"), { source: form.closest(".deal"), target: "#deal-dialog-body", swap: "innerHTML", values });
  }

  /* The server says where the card belongs now, whatever was tried; then it sends the card anew. */
  settle({ deal, stage, asks }) {
    const id = `deal-${deal}`;
    const before = this.pending.get(id);
    this.pending.delete(id);
    const card = document.getElementById(id) ?? this.blank(id);
    card.classList.remove("waiting");
    if (!stage || !this.lane(stage)) card.remove();
    else if (before?.lane === stage) this.putBack(card, before);
    else if (card.closest(".lane")?.dataset.stage !== stage) this.lane(stage).querySelector(".cards-list").prepend(card);
    const dialog = document.getElementById("deal-dialog");
    if (asks) dialog.open || dialog.showModal();
    else dialog.open && dialog.close();
    if (!asks) this.focusLater(id);
  }

  blank(id) {
    const card = document.createElement("li");
    card.className = "deal";
    card.id = id;
    return card;
  }

  putBack(card, { lane, before }) {
    const list = this.lane(lane)?.querySelector(".cards-list");
    if (!list) return;
    list.insertBefore(card, before?.parentElement === list ? before : null);
  }

  fail(event) {
    for (const [id, before] of this.pending) {
      const card = document.getElementById(id);
      if (!card || event.detail.elt !== card) continue;
      this.pending.delete(id);
      card.classList.remove("waiting");
      this.putBack(card, before);
      if (event.detail.xhr?.status === 401) continue;
      const box = document.getElementById("messages");
      const alert = document.createElement("p");
      alert.className = "alert error";
      alert.textContent = this.dataset.failed;
      box?.replaceChildren(alert);
    }
  }

  focusLater(id) {
    if (!this.byKeyboard) return;
    this.byKeyboard = false;
    document.body.addEventListener("htmx:afterSettle", () => document.querySelector(`#${id} .deal-link`)?.focus(), { once: true });
  }

  /* The menu "Move to…" */

  openMenu(button) {
    const menu = document.getElementById("move-menu");
    if (!menu) return;
    this.closeMenu();
    const card = button.closest(".deal");
    const here = card.closest(".lane").dataset.stage;
    for (const item of menu.querySelectorAll("[role=menuitem]")) {
      item.setAttribute("aria-disabled", String(item.dataset.stage === here));
    }
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    const at = button.getBoundingClientRect();
    const wide = menu.offsetWidth;
    const high = menu.offsetHeight;
    menu.style.left = `${Math.max(8, Math.min(at.right - wide, innerWidth - wide - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - high - 8))}px`;
    this.menu = { card, button, items: [...menu.querySelectorAll("[role=menuitem]")] };
    menu.onclick = (event) => this.choose(event.target.closest("[role=menuitem]"));
    menu.onkeydown = (event) => this.keyInMenu(event);
    const shown = this.menu.items.findIndex((item) => item.dataset.stage === here);
    (this.menu.items[shown + 1] ?? this.menu.items[0]).focus();
    this.outside = (event) => { if (!menu.contains(event.target)) this.closeMenu(); };
    document.addEventListener("pointerdown", this.outside);
  }

  closeMenu() {
    if (!this.menu) return;
    document.getElementById("move-menu").hidden = true;
    this.menu.button.removeAttribute("aria-expanded");
    document.removeEventListener("pointerdown", this.outside);
    this.menu = null;
  }

  choose(item) {
    if (!item || item.getAttribute("aria-disabled") === "true") return;
    const { card } = this.menu;
    this.closeMenu();
    this.byKeyboard = true;
    this.move(card, item.dataset.stage);
  }

  keyInMenu(event) {
    const { items, button } = this.menu;
    const at = items.indexOf(document.activeElement);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 };
    if (event.key in steps) items[steps[event.key] % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") {
      this.closeMenu();
      button.focus();
    } else if (/^\S$/.test(event.key)) {
      const ordered = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      ordered.find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /* Clicks and keys on cards */

  click(event) {
    if (performance.now() - (this.ignoreClick ?? -1000) < 300) {
      this.ignoreClick = undefined;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    const mover = event.target.closest(".move-to");
    const on = event.target.closest(".move-on");
    const link = event.target.closest(".deal-link");
    if (!plain || !(mover || on || link)) return;
    event.preventDefault();
    if (mover) this.openMenu(mover);
    else if (on) this.move(on.closest(".deal"), on.dataset.stage);
    else openSheet(link);
  }

  key(event) {
    const card = event.target.closest(".deal");
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "m" && this.mayMove) this.openMenu(card.querySelector(".move-to"));
    else if (event.key === "ArrowRight") this.beside(card, 1);
    else if (event.key === "ArrowLeft") this.beside(card, -1);
    else return;
    event.preventDefault();
  }

  beside(card, step) {
    const lanes = [...this.querySelectorAll(".lane:not(.endings)")].filter((lane) => lane.querySelector(".deal"));
    const at = lanes.indexOf(card.closest(".lane"));
    const place = [...card.parentElement.querySelectorAll(".deal")].indexOf(card);
    const cards = [...(lanes[at + step]?.querySelectorAll(".deal-link") ?? [])];
    cards[Math.min(place, cards.length - 1)]?.focus();
  }
}

/* The sheet beside the board */

let opener = null;

async function openSheet(link) {
  const sheet = document.getElementById("sheet");
  opener = link.closest(".deal").id;
  await window.htmx.ajax("GET", `${link.closest(".deal").dataset.url}sheet/`, { target: "#sheet", swap: "innerHTML" });
  sheet.hidden = false;
  sheet.focus();
}

function closeSheet() {
  const sheet = document.getElementById("sheet");
  if (!sheet || sheet.hidden) return false;
  sheet.hidden = true;
  sheet.replaceChildren();
  document.getElementById(opener)?.querySelector(".deal-link")?.focus();
  return true;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-sheet]")) closeSheet();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) closeSheet();
});

customElements.define("deal-board", DealBoard);
