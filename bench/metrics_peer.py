"""What the field's own tools say of the predictions in a file: a list of values for each metric, by the names of the pack."""

import json
import re
import string
import sys
import unicodedata
from collections import Counter
from importlib.metadata import version

import ir_measures
import numpy as np
import ranx
from lm_eval.api.task import MultipleChoiceTask
from lm_eval.tasks.longbench.metrics import normalize_answer, qa_f1_score
from sklearn import metrics
from sklearn.calibration import calibration_curve

with open(sys.argv[1], encoding="utf-8") as file:
    cases = json.load(file)

ranxed, measured, values = {}, {}, {}

# Retrieval, by two tools. Scores fall with the rank, so that no two are equal.
names = [f"q{at:05}" for at in range(len(cases["queries"]))]
qrels = {name: query["gains"] for name, query in zip(names, cases["queries"])}
run = {
    name: {document: 1000.0 - rank for rank, document in enumerate(query["ranked"])}
    for name, query in zip(names, cases["queries"])
}
# ranx takes grade 0 for a judgement that is not relevant, as the others do, but wants at least one that is.
for name, (theirs, measure) in {
    "nDCG@10": ("ndcg@10", "nDCG@10"),
    "nDCG@5": ("ndcg@5", "nDCG@5"),
    "recall@10": ("recall@10", "R@10"),
    "MRR@10": ("mrr@10", "RR@10"),
    "MAP@10": ("map@10", "AP@10"),
    "MAP@10 from grade 3": ("map@10-l3", "AP(rel=3)@10"),
}.items():
    scores = ranx.Run(run)
    ranx.evaluate(ranx.Qrels(qrels), scores, theirs, return_mean=False)
    ranxed[name] = [float(scores.scores[theirs][query]) for query in names]
    found = {
        value.query_id: value.value for value in ir_measures.iter_calc([ir_measures.parse_measure(measure)], qrels, run)
    }
    measured[name] = [float(found[query]) for query in names]

truth, predicted = cases["labels"]["truth"], cases["labels"]["predicted"]
values["accuracy"] = [metrics.accuracy_score(truth, predicted)]
for way in ["macro", "micro", "weighted"]:
    scores = metrics.precision_recall_fscore_support(truth, predicted, average=way, zero_division=0)
    for name, score in zip(["precision", "recall", "f1"], scores):
        values[f"{name} {way}"] = [float(score)]
values["F1 of each label"] = metrics.f1_score(truth, predicted, average=None, zero_division=0).tolist()

positive = [case["positive"] for case in cases["scored"]]
score = [case["score"] for case in cases["scored"]]
values["ROC AUC"] = [float(metrics.roc_auc_score(positive, score))]
values["average precision"] = [float(metrics.average_precision_score(positive, score))]

for name, kind in [("two", "two classes"), ("four", "four classes")]:
    given = np.array([forecast["probabilities"] for forecast in cases["forecasts"][name]])
    true = np.array([forecast["truth"] for forecast in cases["forecasts"][name]])
    labels = list(range(given.shape[1]))
    single = given[:, 1] if name == "two" else given
    pick = {"pos_label": 1} if name == "two" else {"labels": labels}
    values[f"Brier, {kind}"] = [float(metrics.brier_score_loss(true, single, **pick))]
    values[f"log loss, {kind}"] = [float(metrics.log_loss(true, given, labels=labels))]
# scikit-learn has the curve, not the error: each of its points is weighted by the forecasts of its bin.
confidence, right = given.max(axis=1), (given.argmax(axis=1) == true).astype(int)
accuracy, mean = calibration_curve(right, confidence, n_bins=15)
edges = np.linspace(0.0, 1.0, 16)
counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=15)
values["calibration error"] = [float(np.abs(accuracy - mean) @ counts[counts > 0] / len(confidence))]



def same(told, right):
    return normalize_answer(told) == normalize_answer(right)


# SQuAD's rules, as a task of the harness has them.
english = cases["answers"]["english"]
for name, compute in [("exact match, English", same), ("token F1, English", qa_f1_score)]:
    values[name] = [float(max(compute(case["answer"], right) for right in case["right"])) for case in english]

# Written after the formulas of MLQA's evaluation script (facebookresearch/MLQA, mlqa_evaluation_v1.py): no package has them.
punctuation = set(string.punctuation)


def chinese(text):
    kept = (char for char in text.lower() if char not in punctuation and not unicodedata.category(char).startswith("P"))
    return re.sub(r"([\u4e00-\u9fa5])", r" \1 ", "".join(kept)).split()


def overlap(told, right):
    shared = sum((Counter(told) & Counter(right)).values())
    return 2 * shared / (len(told) + len(right))


pairs = [[(chinese(case["answer"]), chinese(right)) for right in case["right"]] for case in cases["answers"]["chinese"]]
values["exact match, Chinese"] = [float(max(told == right for told, right in pair)) for pair in pairs]
values["token F1, Chinese"] = [max(overlap(told, right) for told, right in pair) for pair in pairs]

chosen = [
    MultipleChoiceTask.process_results(
        None,
        {"choices": case["choices"], "gold": case["right"]},
        [(likelihood, False) for likelihood in case["logLikelihoods"]],
    )
    for case in cases["choices"]
]
values["acc"] = [float(result["acc"]) for result in chosen]
values["acc_norm"] = [float(result["acc_norm"]) for result in chosen]

packages = ["ranx", "ir_measures", "pytrec_eval-terrier", "scikit-learn", "lm_eval", "numpy"]
versions = {name: version(name) for name in packages}
peers = [{**values, **ranxed}, {**values, **measured}]
print(json.dumps({"versions": versions, "peers": peers}))
