"""Our filters and tags stand beside Django's, never in their place."""

from pkgutil import iter_modules

from django.template import defaultfilters, defaulttags, loader_tags
from django.template.library import import_library

from suppilo.web import templatetags


def test_no_filter_or_tag_has_the_name_of_one_of_djangos():
    own = [
        import_library(f"{templatetags.__name__}.{module.name}")
        for module in iter_modules(templatetags.__path__)
    ]
    assert sum(len(library.filters) for library in own) > 20
    for library in own:
        assert not set(library.filters) & set(defaultfilters.register.filters)
        assert not set(library.tags) & {*defaulttags.register.tags, *loader_tags.register.tags}
