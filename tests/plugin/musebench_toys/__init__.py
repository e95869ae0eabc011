"""What the toys add to musebench beside a model: the modules register what they declare."""

from musebench_toys import board, corpus, metric, rule

__all__ = ["board", "corpus", "metric", "rule"]
