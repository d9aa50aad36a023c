"""Take the README's pictures of a demo that runs: ``make.py ADDRESS PASSWORD``.

``suppilo demo`` prints both. It needs the packages of ``pip install '.[test]'`` and a Chromium;
CHROMIUM names another than /usr/bin/chromium.
"""

import os
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).parent
EMAIL = "owner@example.com"
WIDTH = 1440
COLOURS = 256
PICTURES = {  # of which page, and how many pixels of it from the top
    "full-funnel": ("/reports/funnel/", 772),
    "board": ("/pipeline/", 900),
}
FUNNEL = ("funnel", "Web shop", 890)


def log_in(page: Page, address: str, password: str) -> None:
    """Log in as the demo's owner."""
    page.goto(address)
    page.fill("input[type=email]", EMAIL)
    page.fill("input[type=password]", password)
    page.press("input[type=password]", "Enter")
    page.locator("aside.nav").wait_for()


def keep(page: Page, name: str, height: int) -> None:
    """Write what the page shows when all its parts have come, as a PNG of few colours."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    expect(page.locator(".skeleton, [aria-busy=true]")).to_have_count(0, timeout=60_000)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(HERE / f"{name}.png", optimize=True)


def main(address: str, password: str) -> None:
    """Take all pictures."""
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page(color_scheme="light", locale="en-GB")
        page.set_default_timeout(60_000)
        log_in(page, address, password)
        for name, (path, height) in PICTURES.items():
            page.goto(address + path)
            keep(page, name, height)
        name, funnel, height = FUNNEL
        page.goto(f"{address}/funnels/")
        page.get_by_role("link", name=funnel, exact=True).click()
        page.get_by_role("heading", name=funnel, level=1).wait_for()
        keep(page, name, height)
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
