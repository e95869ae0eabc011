"""Rules: note table -> predictions, by theory or by counts of the training split."""

from musebench.models.rules.most_frequent import MostFrequent as MostFrequent
from musebench.models.rules.rule import EVERY_TASK as EVERY_TASK
from musebench.models.rules.rule import RULES as RULES
from musebench.models.rules.rule import Classes as Classes
from musebench.models.rules.rule import Rule as Rule
from musebench.models.rules.rule import register_rule as register_rule
from musebench.models.rules.rule import rules_of as rules_of
