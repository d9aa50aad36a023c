"""What the rest of the server reads about people."""

from suppilo.apps.people.selectors.listing import (
    PeopleFilter,
    PeoplePage,
    count_people,
    each_person,
    find_people,
    list_people,
)
from suppilo.apps.people.selectors.overrides import Overrides, read_overrides
from suppilo.apps.people.selectors.profile import (
    PersonName,
    get_person,
    people_of_paths,
    person_of,
)

__all__ = [
    "Overrides",
    "PeopleFilter",
    "PeoplePage",
    "PersonName",
    "count_people",
    "each_person",
    "find_people",
    "get_person",
    "list_people",
    "people_of_paths",
    "person_of",
    "read_overrides",
]
