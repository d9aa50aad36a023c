/* Every link with data-quick opens quick entry over the page; without this they lead to a page of
   its own. On a deal's page it is about that deal. */

const dialog = document.getElementById("quick-dialog");
const box = document.getElementById("quick-box");

function addressOf(link) {
  const deal = document.querySelector("main [data-quick-deal]")?.dataset.quickDeal;
  const url = new URL(link.href);
  if (deal && !url.searchParams.has("deal")) url.searchParams.set("deal", deal);
  return url.pathname + url.search;
}

async function open(link) {
  await window.htmx.ajax("GET", addressOf(link), { target: box, swap: "innerHTML" });
  if (!dialog.open) dialog.showModal();
  box.querySelector("input[name=q]")?.focus();
}

if (dialog && window.htmx) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-quick]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link);
  });
}
