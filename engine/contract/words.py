"""The words of the built-in models: colours, objects and motions with their synonyms, and the colours' palette.

They are written beside the models as vocabulary.json.
"""

from __future__ import annotations

COLOURS = {
    "red": ["crimson", "scarlet"],
    "green": ["emerald"],
    "blue": ["navy", "azure"],
    "yellow": ["golden", "gold"],
    "purple": ["violet"],
    "orange": ["tangerine"],
    "white": ["snow white", "pale"],
    "cyan": ["turquoise", "aqua", "teal"],
}
OBJECTS = {
    "ball": ["balls", "sphere", "spheres", "orb", "globe"],
    "cube": ["cubes", "box", "block", "dice", "die"],
    "cone": ["cones", "pyramid cone"],
    "cylinder": ["cylinders", "can", "tube", "pillar", "drum"],
    "torus": ["ring", "donut", "doughnut", "tyre", "tire"],
    "duck": ["ducks", "ducky", "duckling", "rubber duck"],
    "fish": ["fishes", "goldfish"],
    "car": ["cars", "automobile", "vehicle", "toy car"],
    "snowman": ["snow man"],
    "mushroom": ["mushrooms", "toadstool"],
}
MOTIONS = {
    "still": ["static", "standing still", "standing", "stationary", "not moving", "resting", "sitting", "motionless"],
    "bouncing": ["bounces", "bounce", "bouncing up and down", "moving up and down", "going up and down"],
    "spinning": ["spins", "spin", "rotating", "rotates", "turning", "turns", "turning around", "spinning around", "twirling",
                 "spinning in place", "whirling", "revolving"],
    "sliding": ["slides", "slide", "sliding left and right", "slides left and right", "sliding from side to side", "gliding",
                "sliding side to side", "moving left and right", "moves left and right", "moving from side to side",
                "moving sideways", "sliding sideways", "sliding from left to right", "moving back and forth",
                "sliding back and forth", "sliding right and left"],
    "growing": ["grows", "grow", "growing and shrinking", "grows and shrinks", "shrinking and growing", "pulsing", "pulsating",
                "shrinking", "shrinks", "getting bigger and smaller", "getting bigger", "expanding", "inflating",
                "growing bigger", "growing larger", "breathing"],
    "orbiting": ["orbits", "orbit", "circling", "circles", "moving in a circle", "moving in circles", "going in circles",
                 "orbiting in a circle", "going around in a circle", "going round in circles", "circling around",
                 "driving in circles", "swimming in circles"],
    "swinging": ["swings", "swing", "swaying", "sways", "rocking", "rocks", "swinging from side to side",
                 "swinging left and right", "swinging back and forth", "swinging like a pendulum"],
    "jumping": ["jumps", "jump", "leaping", "leaps", "hopping", "hops", "jumping up and down", "jumping up"],
}  # fmt: skip
IGNORED = (
    "a an the one single is that which while it its in on of with and this some being coloured colored color colour animated "
    "3d up down around left right side sides back forth sideways to from"
).split()
DEFAULT_COLOURS = {
    "ball": "red", "cube": "blue", "cone": "orange", "cylinder": "green", "torus": "purple", "duck": "yellow",
    "fish": "orange", "car": "red", "snowman": "white", "mushroom": "red",
}  # fmt: skip
DEFAULT_MOTION = "still"
# sRGB in [0, 1].
PALETTE = {
    "red": [0.86, 0.10, 0.10],
    "green": [0.13, 0.62, 0.16],
    "blue": [0.12, 0.24, 0.86],
    "yellow": [0.95, 0.83, 0.10],
    "purple": [0.54, 0.14, 0.70],
    "orange": [0.96, 0.48, 0.05],
    "white": [0.93, 0.93, 0.93],
    "cyan": [0.08, 0.78, 0.84],
}
