"""A pytest plugin: the core is the file that MUSEBENCH_CORE names, not what is installed."""

import importlib.util
import os
import sys

import musebench

spec = importlib.util.spec_from_file_location("musebench._core", os.environ["MUSEBENCH_CORE"])
musebench._core = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(musebench._core)
