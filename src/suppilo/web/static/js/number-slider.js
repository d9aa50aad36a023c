/*
 * <number-slider data-rest="1"><input type="range"><input type="number" name=…></number-slider>:
 * both show one figure. The number is what is sent; at rest it is empty. Without script the number
 * stands alone.
 */
customElements.define("number-slider", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", (event) => {
      const range = this.querySelector("[type=range]");
      const number = this.querySelector("[type=number]");
      const rest = Number(this.dataset.rest);
      if (event.target === range) {
        const isAtRest = Math.abs(range.valueAsNumber - rest) < Number(range.step) / 2;
        number.value = isAtRest ? "" : range.value;
      } else {
        range.value = number.value === "" ? rest : number.value;
      }
    });
  }
});
