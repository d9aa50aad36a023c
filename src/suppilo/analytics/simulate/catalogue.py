"""What the simulated company sells, where its visitors come from, and with what they come."""

from __future__ import annotations

from dataclasses import dataclass

CURRENCY = "EUR"
SITE = "https://shop.example"


@dataclass(frozen=True, slots=True)
class Entry:
    """One way into the site: the labels of its address and of the page before it.

    ``share`` is its share among the channel's entries.
    """

    channel: str
    share: float
    path: str = "/"
    campaign: str | None = None
    source: str | None = None
    medium: str | None = None
    referrer_host: str | None = None


ENTRIES = (
    Entry("organic_search", 0.6, "/", referrer_host="www.google.com"),
    Entry("organic_search", 0.3, "/guides/office-coffee", referrer_host="www.google.com"),
    Entry("organic_search", 0.1, "/machines", referrer_host="duckduckgo.com"),
    Entry("paid_search", 0.45, "/", "brand", "google", "cpc", "www.google.com"),
    Entry("paid_search", 0.35, "/beans", "beans-generic", "google", "cpc", "www.google.com"),
    Entry("paid_search", 0.20, "/machines", "machines", "bing", "cpc", "www.bing.com"),
    Entry("direct", 1.0),
    Entry("email", 0.7, "/offers", "newsletter", "newsletter", "email"),
    Entry("email", 0.3, "/beans", "win-back", "newsletter", "email"),
    Entry("referral", 0.6, "/", referrer_host="coffee-forum.example"),
    Entry("referral", 0.4, "/machines", referrer_host="office-reviews.example"),
    Entry("organic_social", 0.6, "/guides/latte-art", referrer_host="www.instagram.com"),
    Entry("organic_social", 0.4, "/", referrer_host="www.linkedin.com"),
    Entry("paid_social", 0.7, "/offers", "summer-iced", "facebook", "paid_social",
          "l.facebook.com"),
    Entry("paid_social", 0.3, "/machines", "lookalike-offices", "linkedin", "paid_social",
          "www.linkedin.com"),
    Entry("partner", 1.0, "/machines", "office-fitters", "fitters", "partner",
          "fitters.example"),
    Entry("display", 1.0, "/offers", "retargeting", "adnetwork", "display", "ads.example"),
)  # fmt: skip

PAGES = (
    ("/", "Good coffee at work"),
    ("/beans", "Beans"),
    ("/machines", "Coffee machines"),
    ("/offers", "Offers"),
    ("/guides/office-coffee", "Coffee in the office"),
    ("/guides/latte-art", "Latte art in ten minutes"),
    ("/about", "About us"),
    ("/delivery", "Delivery"),
    ("/pricing", "Prices for companies"),
    ("/contact", "Contact"),
    ("/product", "Product"),
    ("/cart", "Cart"),
    ("/checkout", "Checkout"),
    ("/account", "Your account"),
)
BROWSED = 10
"""The first so many pages are those that people leaf through."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something in the shop; ``weight`` is how often it is chosen, relative to the others."""

    id: str
    name: str
    category: str
    price: float
    weight: float


PRODUCTS = (
    Product("B01", "House blend 1 kg", "beans", 18.90, 10),
    Product("B02", "Espresso Nero 1 kg", "beans", 21.50, 8),
    Product("B03", "Colombia Huila 1 kg", "beans", 26.00, 6),
    Product("B04", "Ethiopia Guji 1 kg", "beans", 29.00, 4),
    Product("B05", "Decaf 1 kg", "beans", 23.00, 3),
    Product("B06", "Office box 6 kg", "beans", 99.00, 7),
    Product("T01", "Earl Grey, 100 bags", "tea", 14.50, 2),
    Product("T02", "Green tea, 100 bags", "tea", 15.50, 2),
    Product("S01", "Paper cups, 1,000", "supplies", 62.00, 3),
    Product("S02", "Oat drink, 12 l", "supplies", 24.00, 5),
    Product("S03", "Cleaning tablets", "supplies", 16.00, 4),
    Product("S04", "Water filter", "supplies", 34.00, 4),
    Product("M01", "Grinder G2", "machines", 349.00, 2),
    Product("M02", "Filter machine F4", "machines", 489.00, 1),
)


@dataclass(frozen=True, slots=True)
class Agent:
    """A kind of device with its browser; ``share`` is its share among the device's."""

    device: str
    browser: str
    os: str
    share: float


AGENTS = (
    Agent("desktop", "Chrome", "Windows", 0.46),
    Agent("desktop", "Edge", "Windows", 0.20),
    Agent("desktop", "Safari", "Mac OS X", 0.18),
    Agent("desktop", "Firefox", "Windows", 0.10),
    Agent("desktop", "Chrome", "Linux", 0.06),
    Agent("phone", "Mobile Safari", "iOS", 0.46),
    Agent("phone", "Chrome Mobile", "Android", 0.44),
    Agent("phone", "Samsung Internet", "Android", 0.10),
    Agent("tablet", "Mobile Safari", "iOS", 0.7),
    Agent("tablet", "Chrome", "Android", 0.3),
)
TABLET_SHARE = 0.1
"""Share of tablets among what are no phones."""

COUNTRIES = (
    ("FI", "fi-FI", "Oy", 0.24),
    ("EE", "et-EE", "OÜ", 0.20),
    ("LV", "lv-LV", "SIA", 0.18),
    ("LT", "lt-LT", "UAB", 0.12),
    ("SE", "sv-SE", "AB", 0.10),
    ("HU", "hu-HU", "Kft.", 0.09),
    ("DE", "de-DE", "GmbH", 0.07),
)
INDUSTRIES = ("Café", "Hotel", "Office", "Agency", "Software", "Retail", "Clinic", "School")
TITLES = ("Office manager", "Owner", "Buyer", "Head of facilities", "Barista", "Assistant")
MANAGERS = ("Anna Lepik", "Jānis Ozols", "Mikael Virtanen", "Eszter Nagy")

FIRST_NAMES = (
    "Aino", "Anna", "Anete", "Bence", "Daina", "Eero", "Elina", "Eszter", "Gábor", "Greta",
    "Hanna", "Ilze", "Jānis", "Jonas", "Juhan", "Kadri", "Kristaps", "Laura", "Leena", "Liis",
    "Maija", "Marek", "Mart", "Martin", "Mikko", "Māris", "Nora", "Oskar", "Paulius", "Pekka",
    "Réka", "Sanna", "Sofia", "Tamás", "Tiina", "Toomas", "Urve", "Viktor", "Zane", "Žydrė",
)  # fmt: skip
LAST_NAMES = (
    "Andersson", "Balodis", "Bērziņš", "Fischer", "Horváth", "Jansons", "Jonaitis", "Kalniņa",
    "Kask", "Kazlauskas", "Kiss", "Korhonen", "Koppel", "Lindqvist", "Liepa", "Mäkinen", "Mets",
    "Molnár", "Nagy", "Niemi", "Nieminen", "Ozola", "Petrauskas", "Pärn", "Rebane", "Saar",
    "Schmidt", "Szabó", "Tamm", "Tóth", "Vaher", "Virtanen", "Vītola", "Weber", "Zariņš",
)  # fmt: skip
COMPANY_FIRST = (
    "Amber", "Arctic", "Baltic", "Birch", "Blue", "Bright", "Castle", "Cedar", "Central", "Clear",
    "Coast", "Copper", "Crown", "Delta", "Eagle", "East", "Elm", "Falcon", "Fern", "First",
    "Forest", "Fresh", "Golden", "Granite", "Green", "Harbour", "Hill", "Island", "Juniper",
    "Lake", "Lighthouse", "Linden", "Maple", "Meadow", "Midsummer", "Moss", "North", "Oak",
    "Old Town", "Orchard", "Pine", "Polar", "Quay", "Raven", "River", "Rowan", "Saga", "Silver",
    "Sky", "Snow", "South", "Spruce", "Star", "Stone", "Sunny", "Swan", "Tower", "Urban", "West",
    "Willow",
)  # fmt: skip
COMPANY_SECOND = (
    "Works", "Café", "Hotel", "Studio", "Labs", "Partners", "Clinic", "Kitchen", "Logistics",
    "Design", "Bakery", "Legal", "Media", "Systems", "Books", "Fitness", "School", "Motors",
    "Garden", "Travel", "Energy", "Dental", "Print", "Interiors", "Foods", "Optics", "Music",
    "Advisors", "Textiles", "Marine",
)  # fmt: skip
