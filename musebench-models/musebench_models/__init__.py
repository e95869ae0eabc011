"""Weights for musebench under CC BY-NC-SA 4.0, each with its card; ``musebench`` loads them."""
