"""RANK: submissions are read, checked against the labels, ranked and rendered, without torch.

A submission is a folder ``leaderboards/<board>/<id>`` with ``submission.json`` and its prediction
files. Every number of a board is computed here from these files and the labels of the store;
numbers reported by a submission are only compared with them.
"""
