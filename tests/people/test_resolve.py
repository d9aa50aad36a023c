"""The division into persons against a slow and obvious one, in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from people_support.people_world import link
from suppilo.apps.people.blocked import BLOCKED, is_blocked
from suppilo.apps.people.evidence import Link
from suppilo.apps.people.resolve import resolve

_NAMES = [*"abcdef", *"UVWX", "null"]
_LINKS = st.lists(
    st.builds(
        lambda source, target, at, kind, event: link(source, target, at, kind, event),
        st.sampled_from(_NAMES), st.sampled_from(_NAMES), st.integers(0, 4),
        st.sampled_from(["identify", "alias", "manual"]), st.sampled_from(["e1", "e2"]),
    ).filter(lambda made: made.source != made.target),
    max_size=16,
)  # fmt: skip
_KNOWN = st.frozensets(st.sampled_from("UVWXa"))


def divide_slowly(links: list[Link], known: frozenset[str]) -> dict[str, str]:
    """Lists of members and owners, relabelled at every join."""
    names = {name for made in links for name in (made.source, made.target)}
    groups = [([name], name if name in known and name != "null" else None) for name in names]
    manual = [made for made in links if made.kind == "manual"]
    others = [made for made in links if made.kind != "manual"]
    for made in [*sorted(manual, key=_when), *sorted(others, key=_when)]:
        source = next(group for group in groups if made.source in group[0])
        target = next(group for group in groups if made.target in group[0])
        if source is target or "null" in {made.source, made.target}:
            continue
        if made.kind == "alias" and made.source in known:
            continue
        if source[1] and target[1] and made.kind != "manual":
            continue
        groups = [group for group in groups if group is not source and group is not target]
        groups.append((source[0] + target[0], target[1] or source[1]))
    return {name: owner or min(members) for members, owner in groups for name in members}


def _when(made: Link) -> tuple[object, ...]:
    return (made.at_us, made.event_id, made.source, made.target, made.kind)


@given(_LINKS, _KNOWN)
def test_the_division_is_that_of_the_slow_one(links, known):
    assert dict(resolve(links, known).roots) == divide_slowly(links, known)


@given(_LINKS, _KNOWN, st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_anything(links, known, chance):
    before = resolve(links, known)
    chance.shuffle(links)
    assert resolve(links, known) == before


@given(_LINKS, _KNOWN)
def test_a_root_is_its_own_root_and_every_join_makes_one_group_less(links, known):
    found = resolve(links, known)
    assert all(found.roots[root] == root for root in found.roots.values())
    assert len(found.joins) == len(found.roots) - len(set(found.roots.values()))


def test_two_users_are_one_only_where_people_say_so():
    links = [link("phone", "U", 1), link("phone", "V", 2)]
    known = {"U", "V"}
    assert resolve(links, known).roots == {"phone": "U", "U": "U", "V": "V"}
    by_hand = resolve([*links, link("U", "V", 9, "manual")], known)
    assert set(by_hand.roots.values()) == {"V"}


def test_what_clients_send_for_no_id_is_blocked_in_any_case():
    assert all(is_blocked(text.upper()) and is_blocked(f" {text} ") for text in BLOCKED)
    assert not is_blocked("u0")
