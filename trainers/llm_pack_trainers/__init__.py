"""Training recipes of temporal-llm-pack.

`torchrun -m llm_pack_trainers.run JOB_DIR` trains what `JOB_DIR/job.json` says. A job's folder is all that it shares with
who started it; `schemas/training.ts` describes every file in it.
"""
