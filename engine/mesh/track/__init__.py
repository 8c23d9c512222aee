"""One mesh of fixed topology that follows a moving surface."""
