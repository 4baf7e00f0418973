"""What a data team writes by hand: the same features with pandas and scikit-learn, the same sequences with tokenizers."""

import json
import resource
import sys
import time

kind, source, target = sys.argv[1:4]


def tabular():
    import numpy as np
    import pandas as pd
    from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, RobustScaler, StandardScaler, TargetEncoder
    from sklearn.utils import murmurhash3_32

    rows = pd.read_json(source, lines=True, convert_dates=False, dtype=False)
    at = pd.to_datetime(rows["at"], utc=True)
    price = rows[["price"]].astype("float64")
    made = {"id": rows["id"]}
    made["price_standard"] = StandardScaler().fit_transform(price)[:, 0]
    made["price_robust"] = RobustScaler().fit_transform(price)[:, 0]
    bins = KBinsDiscretizer(10, encode="ordinal", strategy="quantile", quantile_method="linear", subsample=None)
    made["price_bucket"] = bins.fit_transform(price)[:, 0].astype("int32")
    encoder = OneHotEncoder(max_categories=5, sparse_output=False, dtype="int32", handle_unknown="infrequent_if_exist")
    for place, column in enumerate(encoder.fit_transform(rows[["city"]]).T):
        made[f"city_{place}"] = column

    def hashed(values, buckets):
        codes, unique = pd.factorize(values)
        return np.array([murmurhash3_32(value, positive=True) % buckets for value in unique], dtype="int32")[codes]

    made["city_hash"] = hashed(rows["city"], 1024)
    made["cross"] = hashed(rows["city"] + "\t" + rows["device"], 4096)
    made["frequency"] = rows["city"].map(rows["city"].value_counts(normalize=True))
    made["target"] = TargetEncoder(smooth=20, random_state=0).fit_transform(rows[["city"]], rows["bought"])[:, 0]
    made["hour"] = at.dt.hour
    made["weekday"] = at.dt.weekday
    events = pd.DataFrame({"customer": rows["customer"], "at": at, "price": rows["price"]})
    events = events.sort_values(["customer", "at"], kind="stable").set_index("at")
    grouped = events.groupby("customer", sort=False)["price"]
    order = rows.assign(at=at).sort_values(["customer", "at"], kind="stable").index
    for name, window, how in [("count", "24h", "count"), ("sum", "48h", "sum"), ("mean", "48h", "mean")]:
        rolled = getattr(grouped.rolling(window, closed="left"), how)()
        made[name] = pd.Series(rolled.to_numpy(), index=order).sort_index()
    made["label"] = rows["bought"]
    pd.DataFrame(made).to_parquet(target, compression="zstd")
    return {"rows": len(rows)}


def sequences():
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    with open(source, encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8192,
        min_frequency=2,
        special_tokens=["<|endoftext|>", "<|pad|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    trained = resource.getrusage(resource.RUSAGE_SELF)
    flat = []
    for batch in range(0, len(texts), 1000):
        for encoding in tokenizer.encode_batch(texts[batch : batch + 1000]):
            flat.extend(encoding.ids)
            flat.append(0)
    length = 2048
    tokens = len(flat)
    flat.extend([1] * (-tokens % length))
    packed = np.array(flat, dtype="int32").reshape(-1, length)
    column = pa.FixedSizeListArray.from_arrays(pa.array(packed.ravel()), length)
    pq.write_table(pa.table({"input_ids": column}), target, compression="zstd")
    tokenizer.save(target + ".json")
    return {"tokens": tokens, "train_cpu": trained.ru_utime + trained.ru_stime}


begin = time.perf_counter()
result = tabular() if kind == "tabular" else sequences()
usage = resource.getrusage(resource.RUSAGE_SELF)
result.update(
    cpu=usage.ru_utime + usage.ru_stime, wall=time.perf_counter() - begin, memory_mb=usage.ru_maxrss / 1024
)
print(json.dumps(result))
