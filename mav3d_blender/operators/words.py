"""Words that the models know, put into the prompt by a click."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, StringProperty

from ..common.contract import sentence
from ..controller.validation import known_words

# Blender keeps no reference to the strings of items that a function returns.
_items: dict[str, list[tuple[str, str, str]]] = {}
NOTHING = "NOTHING"


def _words(operator: bpy.types.Operator, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    vocabularies = known_words(context.scene.mav3d) if context is not None else []
    if not vocabularies:
        return []
    kind = operator.kind or "objects"
    picked = sentence.words_to_pick(context.scene.mav3d.prompt, vocabularies[-1], kind)
    items = [(word, word.capitalize(), "") for word in picked]
    # An object there always is.
    _items[kind] = items if kind == "objects" else [*items, (NOTHING, "Not Said", "Take it out of the prompt")]
    return _items[kind]


class MAV3D_OT_say_word(bpy.types.Operator):
    """Put a word that the models know into the prompt"""

    bl_idname, bl_label = "mav3d.say_word", "Say Word"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    kind: StringProperty(name="Kind", description='The kind of word, such as "objects"', options={"HIDDEN", "SKIP_SAVE"})
    word: EnumProperty(name="Word", description="The word", items=_words)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(known_words(context.scene.mav3d))

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.mav3d
        word = "" if self.word == NOTHING else self.word
        settings.prompt = sentence.with_word(settings.prompt, known_words(settings)[-1], self.kind or "objects", word)
        return {"FINISHED"}


CLASSES = (MAV3D_OT_say_word,)
