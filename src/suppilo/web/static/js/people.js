/* The list by keyboard: "/" searches, J and K go up and down, X ticks. Pages work without. */

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

class PeopleList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => this.tick(event.target));
    this.count();
  }

  get boxes() {
    return [...this.querySelectorAll("input[name=people]")];
  }

  get rows() {
    return [...this.querySelectorAll("tbody tr")];
  }

  tick(box) {
    if (box.matches("[data-all]")) for (const one of this.boxes) one.checked = box.checked;
    this.count();
  }

  count() {
    const chosen = this.boxes.filter((box) => box.checked).length;
    const out = this.querySelector("output");
    if (out) out.textContent = chosen ? this.dataset.chosen.replace("%d", chosen) : this.dataset.none;
  }

  go(step) {
    const rows = this.rows;
    const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    rows[at]?.removeAttribute("aria-current");
    next?.setAttribute("aria-current", "true");
    next?.querySelector("a")?.focus();
  }

  toggle() {
    this.querySelector("tr[aria-current] input[name=people]")?.click();
  }
}

customElements.define("people-list", PeopleList);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const list = document.querySelector("people-list");
  const search = document.querySelector("[data-search]");
  if (event.key === "/" && search) {
    search.focus();
    search.select();
  } else if (event.key === "j") list?.go(1);
  else if (event.key === "k") list?.go(-1);
  else if (event.key === "x") list?.toggle();
  else return;
  event.preventDefault();
});
