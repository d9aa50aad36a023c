"""Operations share the models of their answers."""

from suppilo.web.api import api


def test_answers_of_one_shape_have_one_model():
    shapes = {}
    for _, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                for model in operation.response_models.values():
                    if model is not None:
                        shape = str(model.model_fields["response"].annotation)
                        shapes.setdefault(shape, set()).add(model)
    assert len(shapes) > 50
    assert {shape: len(models) for shape, models in shapes.items() if len(models) > 1} == {}
