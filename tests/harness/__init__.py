"""The long form of what shows that nothing is lost, nothing is silently wrong, and nothing gets in.

    python -m tests.harness [PART …] [--short] [--seed N] [--json FILE]

Every module of `tests.harness.parts` is a part: it holds `PART`, and does what its own test does in
a short form.
"""
