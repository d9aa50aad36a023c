/* A product that is chosen fills in its description and price, where nothing was written yet. */
customElements.define("line-items", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => {
      if (event.target.name !== "product") return;
      const option = event.target.selectedOptions[0];
      const row = event.target.closest("tr");
      const price = row.querySelector("[name=price]");
      const words = row.querySelector("[name=description]");
      if (option.dataset.price && !price.value) price.placeholder = Number(option.dataset.price).toString();
      if (!words.value) words.placeholder = option.value ? option.textContent.split(" · ")[0] : "";
    });
  }
});
