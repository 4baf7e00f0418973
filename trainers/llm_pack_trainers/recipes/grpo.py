"""Group relative policy optimisation: of completions of a prompt, those with better rewards become likelier."""

from dataclasses import dataclass
from typing import Any

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
from trl import GRPOConfig, GRPOTrainer

from .. import base, hf, rewards
from ..data import read_rows
from ..errors import DataError, UserError
from ..job import Lora
from ..job import Parameters as Common
from ..runtime import Run


@dataclass(frozen=True, kw_only=True)
class Parameters(Common):
    """Those of all recipes, adapters, how completions are drawn, and what they are rewarded for."""

    lora: Lora | None = None
    generations: int
    completion_length: int
    temperature: float
    beta: float
    rewards: list[rewards.Reward]
    model_weight: float


def train(run: Run) -> None:
    """Rewards by a model in the role `reward`, by what can be checked, or by both."""
    parameters = run.parameters
    needs_answer = any(reward.kind == "exact" for reward in parameters.rewards)
    rows, kept = read_rows(run, (("prompt", "answer") if needs_answer else ("prompt",),))
    tokenizer = base.load_tokenizer(run.job.model("base"))
    tokenizer.padding_side = tokenizer.truncation_side = "left"
    functions, weights, readers = _rewards(run, parameters)
    micro, accumulated = run.micro_batch(parameters.batch_size * parameters.generations)
    trainer = GRPOTrainer(
        model=base.load_model(run, AutoModelForCausalLM, parameters.lora),
        reward_funcs=functions,
        args=GRPOConfig(
            **{**hf.arguments(run, micro, accumulated), "per_device_eval_batch_size": parameters.generations},
            num_generations=parameters.generations,
            max_completion_length=parameters.completion_length,
            temperature=parameters.temperature,
            beta=parameters.beta,
            reward_weights=weights,
            # Drawn anew for each step, so that a checkpoint holds all there is. The rows are in order already.
            steps_per_generation=accumulated,
            shuffle_dataset=False,
            log_completions=False,
            remove_unused_columns=False,
        ),
        train_dataset=_short(run, rows, tokenizer),
        eval_dataset=_short(run, kept, tokenizer),
        processing_class=tokenizer,
        reward_processing_classes=readers,
        peft_config=base.adapters(run, parameters.lora, "CAUSAL_LM"),
    )
    outcome = hf.train(run, trainer)
    hf.finish(run, trainer, outcome, ("reward", "higher"), parameters.lora)


def _rewards(run: Run, parameters: Parameters) -> tuple[list[Any], list[float], list[Any]]:
    """What rewards, how much each counts, and the tokenizer of a model among them."""
    functions: list[Any] = [rewards.make(reward) for reward in parameters.rewards]
    weights = [reward.weight for reward in parameters.rewards]
    readers: list[Any] = [None] * len(functions)
    if "reward" in run.job.models:
        folder = run.job.model("reward")
        functions.append(AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1))
        weights.append(parameters.model_weight)
        readers.append(base.load_tokenizer(folder))
    if not functions:
        raise UserError("Nothing rewards: name a model for the role 'reward', or rewards that can be checked")
    return functions, weights, readers


def _short(run: Run, rows: Dataset | None, tokenizer: Any) -> Dataset | None:
    """Prompts of at most `maxLength` tokens: of texts the end, with which an answer goes on; no longer dialogue."""
    if rows is None:
        return None
    length = run.parameters.max_length

    def cut(row: dict[str, Any]) -> dict[str, Any]:
        prompt = row["prompt"]
        if not prompt:
            raise DataError("A row has an empty prompt")
        if not isinstance(prompt, str):
            return {}
        tokens = tokenizer(prompt)["input_ids"]
        return {} if len(tokens) <= length else {"prompt": tokenizer.decode(tokens[-length:])}

    with run.main_first():
        return rows.map(cut)
