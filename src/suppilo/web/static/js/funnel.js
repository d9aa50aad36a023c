/* The builder's fields that complete names, and steps that can be dragged. Plain without script. */

const WAIT_MS = 120;

/* Splits "a | b" where the caret is: only the name there is completed. */
function partAt(text, caret) {
  const start = text.lastIndexOf("|", caret - 1) + 1;
  const found = text.indexOf("|", caret);
  const end = found < 0 ? text.length : found;
  return { start, end, name: text.slice(start, end).trim() };
}

function written(name) {
  const plain = name && name === name.trim() && name !== "*" && !/["|]/.test(name);
  return plain ? name : `"${name.replaceAll('"', '""')}"`;
}

/*
 * <name-picker data-what="events" data-several><input …></name-picker>: a combobox after the ARIA
 * pattern. data-of names the field with the property whose values are meant.
 */
class NamePicker extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.list) return;
    this.list = document.createElement("ul");
    this.list.className = "names";
    this.list.role = "listbox";
    this.list.hidden = true;
    this.list.id = `names-${NamePicker.count++}`;
    this.list.setAttribute("aria-label", this.input.getAttribute("aria-label") ?? this.input.name);
    this.append(this.list);
    this.input.removeAttribute("list");
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
    })) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => { this.narrow(); this.ask(); });
    this.input.addEventListener("focus", () => { if (!this.input.value) this.ask(); });
    this.input.addEventListener("click", () => { if (this.list.hidden) this.ask(); });
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item) this.choose(item);
    });
  }

  ask() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), WAIT_MS);
  }

  part() {
    if (!("several" in this.dataset)) return { start: 0, end: this.input.value.length, name: this.input.value.trim() };
    return partAt(this.input.value, this.input.selectionStart ?? this.input.value.length);
  }

  /* Until the answer is here, what no longer fits goes: fast hands would choose it. */
  narrow() {
    this.asked?.abort();
    const typed = this.part().name.replace(/^"|"$/g, "").toLowerCase();
    this.show([...this.list.children].map((item) => item.dataset.name).filter((name) => name.toLowerCase().includes(typed)));
  }

  async fetch() {
    const form = this.closest("form");
    const query = new URLSearchParams({ what: this.dataset.what, q: this.part().name.replace(/^"|"$/g, "") });
    if (this.dataset.of) query.set("property", form.elements.namedItem(this.dataset.of)?.value ?? "");
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.suggest}?${query}`, { signal: this.asked.signal });
      if (answer.ok) this.show((await answer.json()).names);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(names) {
    if (document.activeElement !== this.input) return;
    const marked = this.marked?.dataset.name;
    this.list.replaceChildren(...names.map((name, place) => {
      const item = document.createElement("li");
      item.role = "option";
      item.id = `${this.list.id}-${place}`;
      item.dataset.name = name;
      item.textContent = name;
      return item;
    }));
    this.list.hidden = !names.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.mark([...this.list.children].find((item) => item.dataset.name === marked) ?? null);
  }

  mark(item) {
    for (const other of this.list.children) other.setAttribute("aria-selected", String(other === item));
    if (item) {
      this.input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
    this.marked = item;
  }

  press(event) {
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      return this.close();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) return this.ask();
      const items = [...this.list.children];
      const step = event.key === "ArrowDown" ? 1 : -1;
      const place = this.marked ? items.indexOf(this.marked) + step : step > 0 ? 0 : items.length - 1;
      return this.mark(items[(place + items.length) % items.length]);
    }
    if (event.key === "Enter" && this.marked && !this.list.hidden) {
      event.preventDefault();
      this.choose(this.marked);
    }
  }

  choose(item) {
    const { start, end } = this.part();
    const several = "several" in this.dataset && this.dataset.what !== "values";
    const name = several ? written(item.dataset.name) : item.dataset.name;
    const before = this.input.value.slice(0, start);
    const value = `${before}${before && !before.endsWith(" ") ? " " : ""}${name}${this.input.value.slice(end)}`;
    this.input.value = value;
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(null);
  }
}
NamePicker.count = 1;
customElements.define("name-picker", NamePicker);

/* <step-list><ol><li data-number="1">…: drag by the number; the buttons do the same by keyboard. */
customElements.define("step-list", class extends HTMLElement {
  connectedCallback() {
    const items = [...this.querySelectorAll("li[data-number]")];
    for (const item of items) {
      const grip = item.querySelector(".step-number");
      /* Only the number drags: text in the fields stays selectable. */
      grip.addEventListener("pointerdown", () => { item.draggable = true; });
      item.addEventListener("dragstart", (event) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", item.dataset.number);
        this.dragged = item;
        item.classList.add("is-dragged");
      });
      item.addEventListener("dragend", () => {
        item.draggable = false;
        for (const other of items) other.classList.remove("is-dragged", "is-target");
      });
      item.addEventListener("dragover", (event) => {
        event.preventDefault();
        for (const other of items) other.classList.toggle("is-target", other === item && item !== this.dragged);
      });
      item.addEventListener("drop", (event) => {
        event.preventDefault();
        if (this.dragged && this.dragged !== item) this.move(this.dragged.dataset.number, item.dataset.number);
      });
    }
  }

  move(from, to) {
    const button = document.createElement("button");
    button.name = "do";
    button.value = `move:${from}:${to}`;
    button.hidden = true;
    const form = this.closest("form");
    form.append(button);
    button.click();
    button.remove();
  }
});

/* A menu closes when one looks elsewhere. */
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
