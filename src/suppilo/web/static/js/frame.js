/* What every page needs: dialogs, copying, and word of requests that failed. Pages work without. */

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    document.getElementById(opener.dataset.dialog)?.showModal();
    event.preventDefault();
  }
  event.target.closest("[data-close]")?.closest("dialog")?.close();
});

/* Asks before a form that can't be taken back: <form data-confirm="Delete the team?">. */
const confirmed = new WeakSet();
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (confirmed.delete(event.target) || !question) return;
  if (!window.confirm(question)) event.preventDefault();
});

/* <copy-text><code>…</code><button class="button" hidden>Copy</button></copy-text> */
customElements.define("copy-text", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("code").textContent);
      button.textContent = this.dataset.done ?? button.textContent;
    });
  }
});

/* <a data-key="n">: the letter presses it, unless somebody is writing. */
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("input, textarea, select, [contenteditable], dialog, [role=menu]");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || !/^[a-z]$/.test(event.key)) return;
  const target = document.querySelector(`[data-key="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
});

/* Over what is open: behind a dialog nobody would see it. */
function announce(text, link) {
  document.querySelector("[data-announced]")?.remove();
  const dialog = document.querySelector("dialog[open]");
  const box = dialog ?? document.getElementById("messages");
  if (!box) return;
  const alert = document.createElement("p");
  alert.className = "alert error";
  alert.dataset.announced = "";
  alert.setAttribute("role", "alert");
  alert.append(text, ...(link ? [" ", link] : []));
  if (dialog) box.prepend(alert);
  else box.replaceChildren(alert);
  alert.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:sendError", () => announce(document.body.dataset.offline));
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  if (xhr.status === 401) askToLogIn();
  else announce(document.body.dataset.failed);
});

/* Who was logged out in another tab, or by time, learns it before anything is sent, and keeps what
   they typed: it is sent once they have logged in again in another tab, with that session's token. */
const FRESH_MS = 60_000;
let lookedAt = Date.now();

function askToLogIn() {
  const link = document.createElement("a");
  link.href = `${document.body.dataset.logIn}?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.target = "_blank";
  link.textContent = document.body.dataset.logInWord;
  announce(document.body.dataset.loggedOut, link);
}

async function lookAtSession() {
  const { session, user } = document.body.dataset;
  let answer = null;
  try {
    answer = await fetch(session, { cache: "no-store" });
  } catch {
    announce(document.body.dataset.offline);
    return false;
  }
  if (!answer.ok) return true;
  const now = await answer.json();
  lookedAt = Date.now();
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": now.token }));
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = now.token;
  if (user && !now.user) {
    askToLogIn();
    return false;
  }
  document.querySelector("[data-announced]")?.remove();
  return true;
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") lookAtSession();
});
window.addEventListener("pageshow", (event) => {
  const [how] = performance.getEntriesByType("navigation");
  if (event.persisted || how?.type === "back_forward") lookAtSession();
});
window.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const isPost = form.getAttribute("method")?.toLowerCase() === "post";
  if (event.defaultPrevented || !isPost || Date.now() - lookedAt < FRESH_MS) return;
  event.preventDefault();
  if (!(await lookAtSession())) return;
  confirmed.add(form);
  form.requestSubmit(submitter);
});

/* What fetched its own content is busy no longer, whatever came: screen readers leave out what is. */
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.elt.removeAttribute("aria-busy"));

/* What asks for itself anew every few seconds leaves open what is open, and the keyboard where it is. */
const nameOf = (element) => element.id || element.rel || element.getAttribute("href") || element.textContent.trim();
const isOpen = (summary) => summary.parentElement.open;
let before = null;

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  before = null;
  if (!target.matches('[hx-trigger^="every"]')) return;
  const at = target.contains(document.activeElement) ? document.activeElement : null;
  const open = [...target.querySelectorAll("summary")].filter(isOpen).map(nameOf);
  before = { id: target.id, open, tag: at?.tagName, name: at && nameOf(at) };
});

document.addEventListener("htmx:afterSwap", () => {
  const root = before && document.getElementById(before.id);
  if (!root) return;
  for (const summary of root.querySelectorAll("summary")) {
    if (before.open.includes(nameOf(summary))) summary.parentElement.open = true;
  }
  if (before.tag && !root.contains(document.activeElement)) {
    const same = [...root.querySelectorAll(before.tag)].find((other) => nameOf(other) === before.name);
    same?.focus({ preventScroll: true });
  }
  before = null;
});
