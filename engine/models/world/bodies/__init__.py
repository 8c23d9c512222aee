"""The bodies of the world, by the word for each."""

from __future__ import annotations

from engine.models.world.bodies.crawlers import CRAB, FISH, OCTOPUS, SNAKE
from engine.models.world.bodies.figures import PERSON, ROBOT
from engine.models.world.bodies.flyers import BIRD, BUTTERFLY, DRAGON, DUCK
from engine.models.world.bodies.machines import CAR, FLAG, TRAIN, WINDMILL
from engine.models.world.bodies.plants import FLOWER, TREE
from engine.models.world.bodies.quadrupeds import CAT, DOG, ELEPHANT, FROG, HORSE
from engine.models.world.bodies.toys import BALL, CONE, CUBE, CYLINDER, MUSHROOM, SNOWMAN, TORUS
from engine.models.world.body import Body

BODIES: dict[str, Body] = {
    "ball": BALL, "cube": CUBE, "cone": CONE, "cylinder": CYLINDER, "torus": TORUS, "duck": DUCK, "fish": FISH, "car": CAR,
    "snowman": SNOWMAN, "mushroom": MUSHROOM, "dog": DOG, "cat": CAT, "horse": HORSE, "elephant": ELEPHANT, "bird": BIRD,
    "butterfly": BUTTERFLY, "snake": SNAKE, "frog": FROG, "crab": CRAB, "octopus": OCTOPUS, "person": PERSON, "robot": ROBOT,
    "dragon": DRAGON, "tree": TREE, "flower": FLOWER, "flag": FLAG, "windmill": WINDMILL, "train": TRAIN,
}  # fmt: skip
