"""From a resolved job to its asset: the stages one after the other, checkpoints, previews, export, estimates."""
