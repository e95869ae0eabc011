"""How the tables of musebench are made: files of a corpus, works, pieces of a board.

musebench reads the tables and does not have this package; ``python tools --help`` runs it.
"""
