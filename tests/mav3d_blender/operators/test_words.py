import bpy


def test_words_are_put_into_the_prompt_one_by_one(addon):
    assert bpy.ops.mav3d.say_word(kind="objects", word="ball") == {"FINISHED"}
    assert addon.mav3d.prompt == "a ball"
    bpy.ops.mav3d.say_word(kind="motions", word="bouncing")
    bpy.ops.mav3d.say_word(kind="colours", word="red")
    assert addon.mav3d.prompt == "a red ball bouncing"
    bpy.ops.mav3d.say_word(kind="colours", word="NOTHING")
    assert addon.mav3d.prompt == "a ball bouncing"


def test_models_that_take_any_text_have_no_words_to_pick(addon):
    addon.mav3d.preset = "open"
    assert not bpy.ops.mav3d.say_word.poll()
