"""By which environment variables is the witness told what to do?"""

REPORT = "MUTANTS_REPORT"
ROOT = "MUTANTS_ROOT"
TRACE = "MUTANTS_TRACE"
