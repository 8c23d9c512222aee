"""What happens when: the add-on's state, its timer, and what each action does."""
