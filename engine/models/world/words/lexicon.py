"""The words of the built-in models' world: what there is, what it can do, and how a prompt is written in the models' own words.

Standard library only. A prompt in the models' words has always the same seven places, each with a word, so that a word's place
says what it is about: colour, second colour, object, limb motion, whole-body motion, size, speed; for example
"brown dark dog running still medium steady". An empty prompt says nothing; models are trained on that too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

COLOURS = {
    "red": (0.86, 0.10, 0.10),
    "green": (0.13, 0.62, 0.16),
    "blue": (0.12, 0.24, 0.86),
    "yellow": (0.95, 0.83, 0.10),
    "purple": (0.54, 0.14, 0.70),
    "orange": (0.96, 0.48, 0.05),
    "white": (0.93, 0.93, 0.93),
    "cyan": (0.08, 0.78, 0.84),
    "brown": (0.55, 0.34, 0.17),
    "black": (0.13, 0.13, 0.15),
    "grey": (0.55, 0.57, 0.60),
    "pink": (0.95, 0.52, 0.66),
}
# A second colour that is not said: the first at half its lightness, or the object's own.
DARK = "dark"
DARK_FACTOR = 0.5
# What an object is coloured where the prompt does not say: first and second colour.
NATURAL_COLOURS = {
    "ball": ("red", DARK), "cube": ("blue", DARK), "cone": ("orange", DARK), "cylinder": ("green", DARK),
    "torus": ("purple", DARK), "duck": ("yellow", DARK), "fish": ("orange", DARK), "car": ("red", DARK),
    "snowman": ("white", "red"), "mushroom": ("red", "white"), "dog": ("brown", DARK), "cat": ("orange", "white"),
    "horse": ("brown", DARK), "elephant": ("grey", "pink"), "bird": ("blue", DARK), "butterfly": ("orange", "yellow"),
    "snake": ("green", "yellow"), "frog": ("green", "yellow"), "crab": ("red", "orange"), "octopus": ("purple", "pink"),
    "person": ("red", "blue"), "robot": ("cyan", "blue"), "dragon": ("green", "orange"), "tree": ("green", "red"),
    "flower": ("pink", "white"), "flag": ("red", "white"), "windmill": ("white", "red"), "train": ("blue", "red"),
}  # fmt: skip
OBJECTS = tuple(NATURAL_COLOURS)

RESTING, STILL = "resting", "still"
# Which objects have a limb motion.
LIMB_MOTIONS = {
    RESTING: OBJECTS,
    "walking": ("dog", "cat", "horse", "elephant", "frog", "bird", "duck", "person", "robot", "dragon"),
    "running": ("dog", "cat", "horse", "elephant", "person", "robot", "dragon"),
    "flying": ("bird", "butterfly", "dragon", "duck"),
    "swimming": ("fish", "duck", "snake", "frog", "octopus", "dog", "horse", "elephant"),
    "crawling": ("snake", "crab", "octopus", "frog", "cat", "dog", "dragon"),
    "waving": ("person", "robot", "snowman", "octopus", "crab", "flag", "dog", "cat", "bird"),
    "dancing": ("person", "robot", "snowman", "dog", "cat", "bird", "duck", "octopus", "crab", "frog", "mushroom", "flower",
                "elephant"),
    "nodding": ("person", "robot", "snowman", "dog", "cat", "horse", "elephant", "bird", "duck", "dragon", "snake", "frog",
                "flower"),
    "wagging": ("dog", "cat", "horse", "elephant", "duck", "dragon", "fish"),
    "swaying": ("tree", "flower", "mushroom", "snowman", "person", "robot", "octopus"),
    "opening": ("flower", "butterfly", "bird", "dragon"),
    "turning": ("windmill", "car", "train"),
}  # fmt: skip
WHOLE_MOTIONS = (STILL, "bouncing", "spinning", "sliding", "growing", "orbiting", "swinging", "jumping")
# Sizes: of the whole body in the scene, or of its proportions.
SIZES = ("medium", "small", "large", "long", "fat", "tall")
# Cycles of limb motions and of whole-body motions in a clip; no loop of the whole body is slower than one cycle.
SPEEDS = {"steady": (2, 1), "slowly": (1, 1), "fast": (4, 2)}
# What an object lacks that does not have a limb motion.
LACKS = {
    "walking": "no legs to walk on", "running": "no legs to run with", "flying": "no wings", "swimming": "nothing to swim with",
    "crawling": "no way to crawl", "waving": "no arms to wave", "dancing": "no limbs to dance with",
    "nodding": "no head to nod", "wagging": "no tail to wag", "swaying": "no stem to sway on",
    "opening": "no petals or wings to open", "turning": "no wheels or sails",
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """A prompt in the models' words; every place has one, see the tables of this module. `second` is a colour or DARK."""

    colour: str
    second: str
    object: str
    limb: str = RESTING
    whole: str = STILL
    size: str = "medium"
    speed: str = "steady"

    def __str__(self) -> str:
        return " ".join(getattr(self, field.name) for field in fields(self))

    @classmethod
    def parse(cls, text: str) -> Words:
        """The inverse of str(). Raises ValueError where a word is out of place."""
        found = text.split()
        if len(found) != len(fields(cls)):
            raise ValueError(f'"{text}" has {len(found)} words in place of {len(fields(cls))}')
        words = cls(*found)
        places = (COLOURS, (DARK, *COLOURS), OBJECTS, LIMB_MOTIONS, WHOLE_MOTIONS, SIZES, SPEEDS)
        for field, known in zip(fields(cls), places, strict=True):
            if getattr(words, field.name) not in known:
                raise ValueError(f'"{getattr(words, field.name)}" is no {field.name} of the built-in models in "{text}"')
        return words

    @property
    def colours(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """First and second colour, sRGB in [0, 1]."""
        first = COLOURS[self.colour]
        return first, COLOURS[self.second] if self.second != DARK else tuple(DARK_FACTOR * value for value in first)

    @property
    def cycles(self) -> tuple[int, int]:
        """Of the limb motion and of the whole-body motion in a clip."""
        return SPEEDS[self.speed]


def motions_of(name: str) -> tuple[str, ...]:
    """The limb motions that an object has, without resting."""
    return tuple(motion for motion, objects in LIMB_MOTIONS.items() if name in objects and motion != RESTING)


def natural(name: str, colour: str | None = None, second: str | None = None) -> tuple[str, str]:
    """First and second colour of an object of which a prompt says one, both or none.

    With a first colour that is not its own an object's second is that one darkened, unless its own second still stands out.
    """
    first_own, second_own = NATURAL_COLOURS[name]
    first = colour or first_own
    return first, second or (second_own if second_own != first else DARK)


def refusal(name: str, limb: str) -> str | None:
    """Why an object can't move its limbs so, one sentence; None where it can."""
    if name in LIMB_MOTIONS[limb]:
        return None
    known, whole = motions_of(name), _either(WHOLE_MOTIONS[1:])
    able = f"it can be {_either(known)}, or move as a whole ({whole})" if known else f"it can only move as a whole ({whole})"
    return f"{'An' if name[0] in 'aeiou' else 'A'} {name} has {LACKS[limb]}: {able}."


# Pairs of object and limb motion that no model in training is shown, in any colour: a motion that is known from others.
HELD_OUT_PAIRS = frozenset({
    ("cat", "walking"), ("elephant", "running"), ("horse", "wagging"), ("robot", "dancing"), ("duck", "wagging"),
    ("frog", "nodding"), ("dragon", "walking"), ("bird", "nodding"), ("octopus", "swaying"), ("cat", "crawling"),
})  # fmt: skip


def held_out(words: Words) -> bool:
    """Whether training leaves a combination out: HELD_OUT_PAIRS, and of each other pair one colour in eight but its own."""
    if (words.object, words.limb) in HELD_OUT_PAIRS:
        return True
    if words.colour == NATURAL_COLOURS[words.object][0]:
        return False
    colour, limb = list(COLOURS).index(words.colour), list(LIMB_MOTIONS).index(words.limb)
    return (colour + 3 * OBJECTS.index(words.object) + 5 * limb) % 8 == 0


def _either(words: tuple[str, ...]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
