/* Stages by hand: dragged at their grip into another place. The buttons beside do the same. */
customElements.define("stage-order", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest("[data-grip]");
      if (!grip || event.button !== 0) return;
      event.preventDefault();
      this.carry(grip.closest("[data-stage]"), grip, event.pointerId);
    });
  }

  carry(stage, grip, pointer) {
    grip.setPointerCapture(pointer);
    stage.classList.add("carried");
    const follow = (event) => {
      const over = this.others(stage).find((other) => {
        const box = other.getBoundingClientRect();
        return event.clientY > box.top && event.clientY < box.bottom;
      });
      if (!over) return;
      const box = over.getBoundingClientRect();
      const below = event.clientY > box.top + box.height / 2;
      const before = below ? over.nextElementSibling : over;
      if (before !== stage && before !== stage.nextElementSibling) this.insertBefore(stage, before);
    };
    const end = () => {
      stage.classList.remove("carried");
      grip.removeEventListener("pointermove", follow);
    };
    grip.addEventListener("pointermove", follow);
    grip.addEventListener("pointerup", end, { once: true });
    grip.addEventListener("pointercancel", end, { once: true });
  }

  others(stage) {
    return [...this.querySelectorAll("[data-open]")].filter((other) => other !== stage);
  }
});
