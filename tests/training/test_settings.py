"""Settings are typed, refuse contradictions, and say what is wrong."""

import pytest

from photochrom.training.recipes import RECIPES
from photochrom.training.settings import Settings, SettingsError, override


def test_values_are_read_as_the_type_of_their_field():
    changed = override(Settings(system="lite", steps=1000), ["crop=128", "ema=0.9", "target=point"])
    assert (changed.crop, changed.ema, changed.target) == (128, 0.9, "point")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("Yes", True), ("1", True), ("False", False), ("no", False)]
)
def test_yes_and_no_are_read_as_such(text, value):
    assert override(Settings(system="lite", steps=1000), [f"compile={text}"]).compile is value


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("crops=128", "no setting"),
        ("crop", "key=value"),
        ("crop=big", "takes a int"),
        ("rate=nan", "finite"),
        ("crop=100", "multiple of 8"),
        ("warmup_steps=1000", "below steps"),
        ("precision=int4", "bf16-mixed"),
        ("uniform_share=2", "lambda"),
        ("final_region=0", "final_region"),
        ("compile=perhaps", "takes a bool"),
        ("objective=colors", "classification"),
        ("optimizer=sgd", "adamw, adam"),
        ("schedule=linear", "cosine, steps"),
        ("cache=disk", "memory, device"),
        ("unreadable_share=1.5", "unreadable_share"),
        ("rate=-1", "negative"),
        ("log_every=0", "at least 1"),
        ("ema=1", "ema"),
        ("norm_momentum=0", "norm_momentum"),
    ],
)
def test_what_cannot_be_is_refused_with_what_may(assignment, words):
    with pytest.raises(SettingsError, match=words):
        override(Settings(system="lite", steps=1000), [assignment])


def test_every_recipe_gives_settings_of_a_known_system():
    from photochrom.training.systems import SYSTEMS

    assert {recipe().system for recipe in RECIPES.values()} <= set(SYSTEMS)
