/* Deals by keyboard: "/" searches, J and K go up and down, X ticks, E edits. Pages work without. */

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog, [role=menu]");
}

function go(step) {
  const links = [...document.querySelectorAll("[data-rows] tbody th a, .deal-link")].filter((link) => link.offsetParent);
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(Math.max(at < 0 && step < 0 ? 0 : at + step, 0), links.length - 1)];
  document.querySelector("tr[aria-current]")?.removeAttribute("aria-current");
  next.closest("tr")?.setAttribute("aria-current", "true");
  next.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const search = document.querySelector("[data-search]");
  if (event.key === "/" && search) {
    search.focus();
    search.select();
  } else if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "x") document.querySelector("tr[aria-current] input[type=checkbox]")?.click();
  else return;
  event.preventDefault();
});

/* <deal-list>: says how many are ticked, and ticks all of the page. */
customElements.define("deal-list", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => {
      if (event.target.matches("[data-all]")) for (const box of this.boxes) box.checked = event.target.checked;
      this.count();
    });
    this.count();
  }

  get boxes() {
    return [...this.querySelectorAll("input[name=deals]")];
  }

  count() {
    const chosen = this.boxes.filter((box) => box.checked).length;
    const out = this.querySelector("output");
    if (out) out.textContent = chosen ? this.dataset.chosen.replace("%d", chosen) : this.dataset.none;
    const bar = this.querySelector("[data-bulk]");
    if (bar) bar.classList.toggle("ready", chosen > 0);
  }
});

/* A dialog whose form came from the server: open once it is there, close by its own button. */
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.target.closest?.("dialog");
  if (!dialog || event.target.id !== "deal-dialog-body") return;
  for (const button of dialog.querySelectorAll("[data-close]")) button.hidden = false;
  for (const link of dialog.querySelectorAll("a.cancel")) link.hidden = true;
  if (event.target.querySelector("form") && !dialog.open) dialog.showModal();
});

/* What a gate's link leads to may be folded away. */
function unfold() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const folded = target && (target.matches("details") ? target : target.closest("details"));
  if (folded) folded.open = true;
}
window.addEventListener("hashchange", unfold);
unfold();
