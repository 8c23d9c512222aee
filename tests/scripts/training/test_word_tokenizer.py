from scripts.training.word_tokenizer import make_word_tokenizer


def test_words_are_numbered_in_their_order_and_a_text_has_its_ends():
    tokenizer = make_word_tokenizer(["red", "ball"], 6)
    tokens = tokenizer(["Red ball", "ball of red ball red ball"], padding="max_length", truncation=True, max_length=6)
    # Padding 0, start 1, end 2, any other word 3.
    assert tokens.input_ids == [[1, 4, 5, 2, 0, 0], [1, 5, 3, 4, 5, 2]]
    assert tokens.attention_mask[0] == [1, 1, 1, 1, 0, 0] and tokenizer.model_max_length == 6
