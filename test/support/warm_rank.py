"""A rank that torchrun has forked: does as `-m llm_pack_trainers.run`, and returns where all went well, as torchrun wants of a fork."""

import os
import sys

from llm_pack_trainers.run import main

code = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
if code:
    os._exit(code)
