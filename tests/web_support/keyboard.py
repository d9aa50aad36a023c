"""Going through a page by Tab, as without a mouse: there is no trap, and the focus is seen."""

from __future__ import annotations

from typing import Any

MOST_STOPS = 300
MOST_PARTS = 6
"""How often Tab may stay in one field: a date has parts, and a button for its calendar."""
FOCUS = """target => {
  const at = document.activeElement;
  if (at === document.body) return {is_body: true};
  const rings = (style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
    || style.boxShadow !== "none";
  const box = at.getBoundingClientRect();
  window.stops ??= new Map();
  if (!window.stops.has(at)) window.stops.set(at, window.stops.size);
  return {
    is_there: at === target,
    number: window.stops.get(at),
    html: at.outerHTML.slice(0, 160),
    is_seen: box.width > 1 && box.bottom > 0 && box.top < innerHeight,
    // The button of a date's calendar draws its ring inside the field.
    is_ringed: at.type === "date" || [at, at.parentElement, at.closest("li, tr, label")]
      .some((near) => near && rings(getComputedStyle(near))),
  };
}"""


def tab_to(page: Any, target: Any, key: str = "Tab") -> None:
    """Press Tab until an element has the focus.

    Parameters
    ----------
    target
        Where to: a locator of one element. It is waited for.

    Raises
    ------
    AssertionError
        If the focus is not seen at a stop, stays where it is, or never gets there.
    """
    target.wait_for()
    if page.evaluate("document.activeElement === document.body && !location.hash"):
        page.keyboard.press("Tab")  # The first link of a page leads past its menu.
        page.keyboard.press("Enter")
    last, times = None, 0
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        stop = target.evaluate(FOCUS)  # Looked for anew: some parts of pages renew themselves.
        if stop.get("is_body"):
            continue  # Around the end of the page, back to its beginning.
        times = times + 1 if stop["number"] == last else 1
        last = stop["number"]
        assert times <= MOST_PARTS, f"{page.url}: Tab stays at {stop['html']}"
        assert stop["is_seen"], f"{page.url}: out of sight: {stop['html']}"
        assert stop["is_ringed"], f"{page.url}: nothing shows the focus of {stop['html']}"
        if stop["is_there"]:
            return
    raise AssertionError(f"{page.url}: Tab does not lead to {target}")


def press(page: Any, target: Any, key: str = "Enter") -> None:
    """Go to an element by Tab, and press a key there."""
    tab_to(page, target)
    page.keyboard.press(key)


def write(page: Any, target: Any, text: str) -> None:
    """Go to a field by Tab, and write into it instead of what it holds."""
    tab_to(page, target)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
