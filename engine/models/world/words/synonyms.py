"""Other words for those of `lexicon`, by its kinds; no phrase stands for two of a kind. Standard library only."""

from __future__ import annotations

COLOURS = {
    "red": ("crimson", "scarlet"), "green": ("emerald", "lime"), "blue": ("navy", "azure"), "yellow": ("golden", "gold"),
    "purple": ("violet", "lilac"), "orange": ("tangerine", "ginger"), "white": ("snow white", "pale"),
    "cyan": ("turquoise", "aqua", "teal"), "brown": ("chestnut", "tan"), "black": ("jet black",),
    "grey": ("gray", "silver", "silvery"), "pink": ("rose", "rosy", "magenta"),
}  # fmt: skip
OBJECTS = {
    "ball": ("balls", "sphere", "spheres", "orb", "globe"), "cube": ("cubes", "box", "block", "dice", "die"),
    "cone": ("cones",), "cylinder": ("cylinders", "can", "tube", "pillar", "drum"),
    "torus": ("ring", "donut", "doughnut", "tyre", "tire"), "duck": ("ducks", "ducky", "duckling", "rubber duck"),
    "fish": ("fishes", "goldfish"), "car": ("cars", "automobile", "vehicle", "toy car"), "snowman": ("snow man",),
    "mushroom": ("mushrooms", "toadstool"), "dog": ("dogs", "puppy", "hound", "doggy"), "cat": ("cats", "kitten", "kitty"),
    "horse": ("horses", "pony", "foal", "stallion"), "elephant": ("elephants",),
    "bird": ("birds", "songbird", "sparrow", "robin"), "butterfly": ("butterflies", "moth"),
    "snake": ("snakes", "serpent", "worm"), "frog": ("frogs", "toad"), "crab": ("crabs",),
    "octopus": ("octopuses", "squid", "kraken"), "person": ("man", "woman", "boy", "girl", "human", "child", "kid", "figure"),
    "robot": ("robots", "android", "droid"), "dragon": ("dragons", "dinosaur"), "tree": ("trees", "apple tree"),
    "flower": ("flowers", "daisy", "blossom", "bloom"), "flag": ("flags", "banner"), "windmill": ("wind mill", "mill"),
    "train": ("trains", "locomotive", "steam engine", "toy train"),
}  # fmt: skip
LIMB_MOTIONS = {
    "walking": ("walks", "walk", "strolling", "strolls", "marching", "marches", "waddling", "stepping", "pacing"),
    "running": ("runs", "run", "galloping", "gallops", "trotting", "trots", "sprinting", "racing", "jogging"),
    "flying": ("flies", "fly", "flapping", "flaps", "flapping its wings", "soaring", "fluttering", "hovering"),
    "swimming": ("swims", "swim", "paddling", "paddles", "diving"),
    "crawling": ("crawls", "crawl", "creeping", "creeps", "slithering", "slithers", "sneaking", "scuttling", "winding"),
    "waving": ("waves", "wave", "greeting", "greets", "saying hello", "waving hello", "waving in the wind"),
    "dancing": ("dances", "dance", "grooving", "wiggling"),
    "nodding": ("nods", "nod", "nodding its head", "saying yes"),
    "wagging": ("wags", "wag", "wagging its tail", "wagging the tail"),
    "swaying": ("sways", "sway", "swaying in the wind", "leaning"),
    "opening": ("opens", "open", "blooming", "blossoming", "opening and closing", "opening its wings", "unfolding"),
    "turning": ("turns", "turn", "rolling", "driving", "drives", "turning its sails", "rolling its wheels"),
}  # fmt: skip
WHOLE_MOTIONS = {
    "still": ("static", "standing still", "standing", "stationary", "not moving", "resting", "sitting", "motionless"),
    "bouncing": ("bounces", "bounce", "bouncing up and down", "moving up and down", "going up and down"),
    "spinning": ("spins", "spin", "rotating", "rotates", "turning around", "spinning around", "twirling", "spinning in place",
                 "whirling", "revolving"),
    "sliding": ("slides", "slide", "sliding left and right", "slides left and right", "sliding from side to side", "gliding",
                "moving left and right", "moves left and right", "moving from side to side", "moving sideways",
                "sliding sideways", "moving back and forth", "sliding back and forth", "from side to side", "back and forth"),
    "growing": ("grows", "grow", "growing and shrinking", "grows and shrinks", "shrinking and growing", "pulsing", "pulsating",
                "shrinking", "shrinks", "getting bigger and smaller", "getting bigger", "expanding", "inflating", "breathing"),
    "orbiting": ("orbits", "orbit", "circling", "circles", "in a circle", "in circles", "moving in a circle",
                 "moving in circles", "going in circles", "going around in a circle", "going round in circles",
                 "circling around"),
    "swinging": ("swings", "swing", "rocking", "rocks", "swinging from side to side", "swinging left and right",
                 "swinging back and forth", "swinging like a pendulum"),
    "jumping": ("jumps", "jump", "leaping", "leaps", "hopping", "hops", "jumping up and down", "jumping up"),
}  # fmt: skip
SIZES = {
    "small": ("little", "tiny", "mini", "miniature"), "large": ("big", "huge", "giant", "great"),
    "long": ("stretched", "elongated"), "fat": ("thick", "wide", "chubby", "plump"), "tall": ("high", "thin", "slim"),
}  # fmt: skip
SPEEDS = {"slowly": ("slow", "lazily", "gently"), "fast": ("quickly", "quick", "rapidly", "rapid", "swiftly")}
