/* The inbox by keyboard: "/" searches, J and K go up and down, A accepts or qualifies, R returns.
   One menu is open at a time. Pages work without. */

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

class LeadList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("toggle", (event) => this.closeOthers(event.target), true);
  }

  get rows() {
    return [...this.querySelectorAll("tbody tr")];
  }

  get row() {
    return this.querySelector("tr[aria-current]");
  }

  closeOthers(menu) {
    if (!menu.open) return;
    for (const other of this.querySelectorAll("details[open]")) if (other !== menu) other.open = false;
    menu.querySelector("select, input:not([type=hidden])")?.focus();
  }

  go(step) {
    const rows = this.rows;
    const at = rows.indexOf(this.row);
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    rows[at]?.removeAttribute("aria-current");
    next?.setAttribute("aria-current", "true");
    next?.querySelector("a")?.focus();
  }

  press(ending) {
    const form = this.row?.querySelector(ending);
    const menu = form?.closest("details");
    if (menu) menu.open = true;
    else form?.querySelector("button")?.focus();
  }
}

customElements.define("lead-list", LeadList);

document.addEventListener("keydown", (event) => {
  const list = document.querySelector("lead-list");
  const menu = event.target.closest?.("details.menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") document.querySelector("[data-search]")?.focus();
  else if (event.key === "j") list?.go(1);
  else if (event.key === "k") list?.go(-1);
  else if (event.key === "a") list?.press("form[action$='/accept/'], form[action$='/qualify/']");
  else if (event.key === "r") list?.press("form[action$='/return/']");
  else return;
  event.preventDefault();
});
