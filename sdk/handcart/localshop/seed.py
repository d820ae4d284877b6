"""A believable shop to begin with: Juniper Tea, the same for the same seed.

Names, addresses and telephone numbers are made up; mail addresses end in example.com.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from .clock import Clock
from .world import Address, Customer, Level, Location, Product, Shop, Staff, Variant, World

PASSWORD = "tea"  # noqa: S105  every sample customer's

_LOCATIONS = (
    (
        "Vitosha Street",
        "14 Vitosha Blvd",
        "Sofia",
        "1000",
        "+359 2 555 0101",
        "Mo-Fr 10:00-19:00; Sa 10:00-17:00",
        "ONE_HOUR",
        (42.6927, 23.3199),
    ),
    (
        "Old Town",
        "3 Saborna St",
        "Plovdiv",
        "4000",
        "+359 32 555 0102",
        "Mo-Fr 09:30-18:30; Sa-Su 10:00-16:00",
        "TWO_HOURS",
        (42.1492, 24.7536),
    ),
    (
        "Sea Garden",
        "21 Primorski Blvd",
        "Varna",
        "9000",
        "+359 52 555 0103",
        "Mo-Sa 10:00-20:00",
        "TWENTY_FOUR_HOURS",
        (43.2022, 27.9230),
    ),
)

# Title, handle, kind, what it is, and its variants: title, SKU, price in cents, grams.
_PRODUCTS = (
    (
        "Mountain Juniper Tea",
        "mountain-juniper-tea",
        "Herbal tea",
        "Juniper berries and wild thyme from the Rhodope mountains.",
        (
            ("50 g", "JUN-050", 690, 70),
            ("100 g", "JUN-100", 1190, 130),
            ("250 g", "JUN-250", 2490, 300),
        ),
    ),
    (
        "Linden Blossom",
        "linden-blossom",
        "Herbal tea",
        "Whole blossoms, dried in the shade.",
        (("50 g", "LIN-050", 590, 70), ("100 g", "LIN-100", 990, 130)),
    ),
    (
        "Mursala Mountain Tea",
        "mursala-mountain-tea",
        "Herbal tea",
        "Ironwort in bunches, for a long slow pot.",
        (("Bunch", "MUR-BUN", 850, 60), ("Three bunches", "MUR-3BU", 2290, 180)),
    ),
    (
        "Rosehip and Hibiscus",
        "rosehip-and-hibiscus",
        "Fruit tea",
        "Sharp, red and free of caffeine.",
        (("100 g", "ROS-100", 790, 130), ("250 g", "ROS-250", 1690, 300)),
    ),
    (
        "Smoky Black",
        "smoky-black",
        "Black tea",
        "Black leaves over pine smoke.",
        (("50 g", "SMO-050", 890, 70), ("100 g", "SMO-100", 1590, 130)),
    ),
    (
        "Breakfast Black",
        "breakfast-black",
        "Black tea",
        "Strong enough for milk.",
        (("100 g", "BRE-100", 1090, 130), ("250 g", "BRE-250", 2390, 300)),
    ),
    (
        "Garden Green",
        "garden-green",
        "Green tea",
        "Steamed spring leaves with mint.",
        (("50 g", "GRE-050", 790, 70), ("100 g", "GRE-100", 1390, 130)),
    ),
    (
        "Evening Chamomile",
        "evening-chamomile",
        "Herbal tea",
        "Chamomile, lemon balm and lavender.",
        (("50 g", "CHA-050", 590, 70), ("100 g", "CHA-100", 1050, 130)),
    ),
    (
        "Clay Teapot",
        "clay-teapot",
        "Teaware",
        "Hand-thrown in Troyan, holds 0.8 litres.",
        (("Sand", "POT-SND", 3900, 900), ("Slate", "POT-SLT", 3900, 900)),
    ),
    (
        "Glass Infuser Mug",
        "glass-infuser-mug",
        "Teaware",
        "Glass mug with a steel basket and a lid.",
        (("Default Title", "MUG-GLS", 1850, 420),),
    ),
    (
        "Tea Tin",
        "tea-tin",
        "Teaware",
        "Keeps 100 g of leaves dry and dark.",
        (("Default Title", "TIN-100", 750, 150),),
    ),
    (
        "Tasting Box",
        "tasting-box",
        "Gift",
        "Eight small bags, one for each tea of the house.",
        (("Default Title", "BOX-TST", 2200, 380),),
    ),
)

_CUSTOMERS = (
    ("Mira", "Petrova", "mira@example.com", "+359 88 555 0111"),
    ("Daniel", "Ivanov", "daniel@example.com", "+359 88 555 0112"),
    ("Sofia", "Koleva", "sofia@example.com", "+359 88 555 0113"),
    ("Jonas", "Weber", "jonas@example.com", ""),
    ("Elena", "Dimitrova", "elena@example.com", "+359 88 555 0115"),
    ("Aiko", "Tanaka", "aiko@example.com", ""),
)

_STAFF = (
    ("Rada", "Nikolova", "rada@example.com", "1111"),
    ("Petar", "Georgiev", "petar@example.com", "2222"),
    ("Iva", "Stoyanova", "iva@example.com", "3333"),
)


def seed(seed: int = 1, at: datetime | None = None, *, clock: Clock | None = None) -> World:
    """A fresh shop whose things were all made a while before ``at``.

    Without a clock it gets one that shows ``at`` now (or the wall clock's time) and runs on.
    """
    clock = clock or (Clock.starting(at) if at else Clock())
    long_ago = (at or clock.now()).replace(microsecond=0) - timedelta(days=90)
    world = World(_shop(long_ago), clock=clock, seed=seed)
    _add_locations(world, long_ago)
    _add_products(world, long_ago)
    _add_people(world, long_ago)
    _stock(world, random.Random(seed), long_ago)  # noqa: S311  sample data, not a secret
    return world


def _shop(at: datetime) -> Shop:
    return Shop(
        id=72_500_000_001,
        domain="juniper-tea.myshopify.com",
        name="Juniper Tea",
        email="hello@juniper-tea.example.com",
        owner="Rada Nikolova",
        currency="EUR",
        time_zone="Europe/Sofia",
        address1="14 Vitosha Blvd",
        city="Sofia",
        zip="1000",
        country_code="BG",
        phone="+359 2 555 0100",
        created_at=at,
    )


def _add_locations(world: World, at: datetime) -> None:
    for name, street, city, postcode, phone, hours, pickup_time, where in _LOCATIONS:
        number = world.next_id("location")
        world.locations[number] = Location(
            id=number,
            name=name,
            address1=street,
            city=city,
            zip=postcode,
            country_code="BG",
            phone=phone,
            opening_hours=hours,
            pickup_time=pickup_time,
            active=True,
            created_at=at,
            updated_at=at,
            pickup_instructions="Bring your code to the counter.",
            latitude=where[0],
            longitude=where[1],
        )


def _add_products(world: World, at: datetime) -> None:
    for title, handle, kind, description, variants in _PRODUCTS:
        product = Product(
            id=world.next_id("product"),
            title=title,
            handle=handle,
            description=description,
            vendor="Juniper Tea",
            product_type=kind,
            variants=[],
            created_at=at,
            updated_at=at,
        )
        world.products[product.id] = product
        for each in variants:
            variant = _variant(world, product.id, each, at)
            world.variants[variant.id] = variant
            product.variants.append(variant.id)


def _variant(
    world: World, product_id: int, row: tuple[str, str, int, int], at: datetime
) -> Variant:
    title, sku, price, grams = row
    return Variant(
        id=world.next_id("variant"),
        product_id=product_id,
        title=title,
        sku=sku,
        price=price,
        inventory_item_id=world.next_id("inventory_item"),
        grams=grams,
        requires_shipping=True,
        created_at=at,
        updated_at=at,
    )


def _add_people(world: World, at: datetime) -> None:
    for first, last, email, phone in _CUSTOMERS:
        number = world.next_id("customer")
        home = Address(first, last, f"{number % 90} Shipka St", "Sofia", "1504", "BG", phone)
        world.customers[number] = Customer(
            number, email, PASSWORD, first, last, phone, at, at, address=home
        )
    for first, last, email, pin in _STAFF:
        number = world.next_id("staff")
        world.staff[number] = Staff(number, first, last, email, pin)


def _stock(world: World, chance: random.Random, at: datetime) -> None:
    """4 to 24 of each item everywhere; one item, by chance, is sold out at the last location."""
    items = [variant.inventory_item_id for variant in world.variants.values()]
    for item_id in items:
        for location_id in world.locations:
            there = chance.randint(4, 24)
            world.levels[item_id, location_id] = Level(item_id, location_id, there, 0, at)
    world.levels[chance.choice(items), max(world.locations)].available = 0
