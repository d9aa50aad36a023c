/*
 * <flow-map>: a map that is wider than its box begins at its start, not at its left edge.
 * Without script it is scrolled by hand.
 */
customElements.define("flow-map", class extends HTMLElement {
  connectedCallback() {
    const start = this.querySelector("svg .f-node.is-end");
    const box = this.querySelector(".flow-box");
    if (!start || !box) return;
    const middle = (of) => of.getBoundingClientRect().left + of.getBoundingClientRect().width / 2;
    box.scrollLeft += middle(start) - middle(box);
  }
});
