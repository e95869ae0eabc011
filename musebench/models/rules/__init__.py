"""Rules: note table -> predictions, by theory or by counts of the training split."""

from musebench.models.rules.rule import RULES, Classes, Rule, register_rule, rules_of

__all__ = ["RULES", "Classes", "Rule", "register_rule", "rules_of"]
