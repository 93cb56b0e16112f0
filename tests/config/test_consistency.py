"""What works, but is probably not intended."""

import pytest

from tests.config.trees import good, matrix, tree


def test_promises_without_hours_deserve_a_look() -> None:
    config = good(tree(sla={"first_response": "2 working days"}))
    assert [str(one) for one in config.warnings] == [
        "working_hours: is missing, so promises count Monday to Friday, 09:00-17:00, even on holidays"
    ]


@pytest.mark.parametrize("devices", ["signed", "all"])
@pytest.mark.parametrize("confirm", ["tap", "typed"])
def test_typed_confirmations_of_devices_that_anybody_can_add_are_warned_of(devices: str, confirm: str) -> None:
    warnings = good(matrix(devices=devices, confirm=confirm)).warnings
    is_pointless = (devices, confirm) == ("all", "typed")
    assert [warning.key for warning in warnings] == (["matrix.devices"] if is_pointless else [])


def test_people_on_servers_that_are_not_trusted_are_warned_of() -> None:
    config = good(
        matrix(trusted_servers=["office.example"])
        | {
            "users": {"@eve:elsewhere.example": {}},
            "duty": {"rotation": ["@ana:office.example", "@ben:b.example"]},
        }
    )
    assert [warning.key for warning in config.warnings] == [
        "matrix.trusted_servers",
        "users",
        "duty.rotation",
        "duty",
    ]


@pytest.mark.parametrize(
    "more",
    [{"supervisors": {"room": "#boss:example.org"}}, {"users": {"@ana:example.org": {"allow": ["roster"]}}}],
    ids=["supervisors", "somebody"],
)
def test_a_rota_that_somebody_can_change_for_others_needs_no_warning(more: dict[str, object]) -> None:
    duty = {"rotation": ["@ana:example.org", "@ben:example.org"]}
    assert [str(warning) for warning in good(tree(duty=duty)).warnings] == [
        "duty: without supervisors nobody can say that a colleague is away; give somebody users.….allow: [roster]"
    ]
    assert good(tree(duty=duty, **more)).warnings == ()
