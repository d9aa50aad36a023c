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
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
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

function announce(text) {
  const box = document.getElementById("messages");
  if (!box) return;
  const alert = document.createElement("p");
  alert.className = "alert error";
  alert.textContent = text;
  box.replaceChildren(alert);
}

document.addEventListener("htmx:sendError", () => announce(document.body.dataset.offline));
document.addEventListener("htmx:responseError", () => announce(document.body.dataset.failed));

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
