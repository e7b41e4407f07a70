"""Measure training on a graphics card: `python benchmarks/gpu.py [--answers N] [--epochs N] [--rows N ...]`.

Simulated students, so that nothing else is needed. On the same card, in answers a second:

- `pykt`: pyKT's loop for the paper's model (`speed_peer.py`): data on the card, windows padded to 200 answers, all
  skills' outputs, a product with a one-hot vector, loss in double precision, read back at every step;
- `plain-fp32`, `plain-bf16`: the same model by our trainer, with 32 and more rows of 200 answers a batch;
- `default-fp32`, `default-bf16`: our default model with five tasks.

Beside each stands what the card's arithmetic alone would allow: the model's multiplications, forwards and backwards, at
the pace of one large product of matrices in the same precision, measured here. The loss of both sides on the same
windows and weights is compared first, and the AUC after as many epochs on the processor and on the card. Written to
`results/gpu.json`, as a table to `gpu.md`. Without a card it says so and does nothing.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from speed_data import as_histories, padded, their_weights, windows
from speed_ours import with_behaviour
from speed_peer import BATCH, PaddedWindows, PeerDKT
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, one_hot
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from kt_fewshot.data import PackedRows, SequenceBatch, SequenceStore, Vocabulary, by_student, encode, simulate
from kt_fewshot.encoders import LSTM
from kt_fewshot.tracing import DKT

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "gpu.json"
CHECKED = 256
"""Windows whose loss is compared."""

AGREEMENT = 1e-4
"""Losses may differ by so much: the card sums in another order."""


def main() -> None:
    """Measure everything, if there is a card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rows", type=int, nargs="+", default=[32, 256, 1024])
    parser.add_argument("--device", default="cuda", help="`cpu` only tries the script")
    told = parser.parse_args()
    if told.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device on this machine: nothing was measured.")
        sys.exit(0)
    found = measured(torch.device(told.device), told.answers, told.epochs, told.rows)
    print(json.dumps(found, indent=1))
    if told.device == "cuda":
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
        (HERE / "gpu.md").write_text(table(found))


def measured(device: torch.device, answers: int, epochs: int, rows: Sequence[int]) -> dict[str, Any]:
    """Every row of the table."""
    log = simulate("bkt", n_students=answers // 100, n_answers=100, n_skills=100, seed=0).interactions
    split = by_student(log, seed=0)
    vocabulary = Vocabulary.of(split.train.interactions)
    train, valid = (encode(part.interactions, vocabulary) for part in (split.train, split.valid))
    plain = DKT(vocabulary, {"plain": True})
    check_losses(plain, train, device)
    found = [{"name": "pykt", "answers_a_second": peer_pace(plain, train, device), "floor": None}]
    for kind, options in (("plain", {"plain": True}), ("default", {})):
        store, held_out = (train, valid) if kind == "plain" else (with_behaviour(train), with_behaviour(valid))
        work = multiplications(DKT(vocabulary, options), store)
        for precision in ("fp32", "bf16"):
            pace = arithmetic(device, precision) / work
            for n in rows:
                chosen = {**options, "precision": precision, "rows": n, "epochs": epochs}
                row = our_pace(DKT(vocabulary, chosen).to(device), store, held_out)
                found.append({"name": f"{kind}-{precision}-{n}-rows", "floor": pace, **row})
                print(found[-1], flush=True)
    on_cpu = our_pace(DKT(vocabulary, {"plain": True, "rows": rows[0], "epochs": epochs}), train, valid)
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "the processor",
        "answers": len(train),
        "epochs": epochs,
        "auc_of_plain_on_the_processor": on_cpu["auc"],
        "rows": found,
    }


def check_losses(plain: DKT, store: SequenceStore, device: torch.device) -> None:
    """Both sides tell the same loss of the same windows with the same weights."""
    index = windows(store)[:CHECKED]
    theirs = peer_of(plain, store, device).eval()
    batch = next(iter(DataLoader(PaddedWindows(on(device, padded(store, index))), batch_size=CHECKED)))
    with torch.no_grad():
        expected = float(peer_loss(theirs, batch))
        ours = as_histories(store, index).to(device)
        rows = next(iter(Whole(ours)))
        total, count = plain.to(device).eval().network.losses(rows)["correct"]
    found = float(total / count)
    plain.to("cpu")
    if abs(found - expected) > AGREEMENT:
        raise SystemExit(f"The losses of both sides differ: {expected} and {found}.")
    print(f"losses agree: {expected:.6f} and {found:.6f}")


class Whole:
    """Every history as a row of its own."""

    def __init__(self, store: SequenceStore) -> None:
        self.store = store

    def __iter__(self) -> Iterator[SequenceBatch]:
        """One batch."""
        store = self.store
        place = torch.arange(int(store.lengths.max()), device=store.starts.device)
        index = torch.where(place < store.lengths[:, None], store.starts[:-1, None] + place, -1)
        yield SequenceBatch.gather(store, index, (place == 0).expand(index.shape))


def on(device: torch.device, columns: dict[str, Tensor]) -> dict[str, Tensor]:
    """Columns on a device."""
    return {name: column.to(device) for name, column in columns.items()}


def peer_of(plain: DKT, store: SequenceStore, device: torch.device) -> PeerDKT:
    """pyKT's model with the weights of ours."""
    weights = their_weights(plain, store.sets)
    peer = PeerDKT(len(weights["output.bias"]))
    peer.load_state_dict(weights)
    return peer.to(device)


def peer_loss(model: PeerDKT, batch: dict[str, Tensor]) -> Tensor:
    """As `Peer` has it."""
    every = model(batch["concepts"].long(), batch["responses"].long())
    asked = (every * one_hot(batch["next_concepts"].long(), model.concepts)).sum(-1)
    p, correct = (torch.masked_select(value, batch["select"]) for value in (asked, batch["next_responses"]))
    return binary_cross_entropy(p.double(), correct.double())


def peer_pace(plain: DKT, store: SequenceStore, device: torch.device, seconds: float = 20.0) -> float:
    """Answers a second of pyKT's loop."""
    model = peer_of(plain, store, device).train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    loader = DataLoader(PaddedWindows(on(device, padded(store, windows(store)))), batch_size=BATCH, shuffle=True)
    answers, began = 0, 0.0
    while not began or time.perf_counter() - began < seconds:
        for number, batch in enumerate(loader):
            loss = peer_loss(model, batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.detach().cpu().numpy()
            if not began and number == 2:  # warm
                answers, began = 0, time.perf_counter()
            answers += int(batch["select"].sum()) + len(batch["select"])
            if began and time.perf_counter() - began > seconds:
                break
    return answers / (time.perf_counter() - began)


def our_pace(tracer: DKT, store: SequenceStore, valid: SequenceStore) -> dict[str, float]:
    """Answers a second of the last epoch, and the AUC after it."""
    last = tracer.fit(store, valid).rows[-1]
    return {"answers_a_second": last.items_per_second, "auc": last.metrics["auc"]}


def multiplications(tracer: DKT, store: SequenceStore) -> float:
    """Floating point operations of an answer in training: three times those of the pass forwards."""
    for layer in tracer.modules():
        if isinstance(layer, LSTM):
            layer.twice_differentiable = True  # written out, so that it can be counted
    batch = next(PackedRows(store, rows=4).epoch(0))
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        tracer.network.losses(batch)
    return 3 * counter.get_total_flops() / batch.index.numel()


def arithmetic(device: torch.device, precision: str, size: int = 8192) -> float:
    """Floating point operations a second of one large product of matrices."""
    size = size if device.type == "cuda" else 512
    left = torch.randn(size, size, device=device, dtype=torch.bfloat16 if precision == "bf16" else torch.float32)
    product = nn.Linear(size, size, bias=False, device=device, dtype=left.dtype)
    times = []
    with torch.no_grad():
        for _ in range(5):
            wait(device)
            began = time.perf_counter()
            product(left)
            wait(device)
            times.append(time.perf_counter() - began)
    return 2 * size**3 / min(times)


def wait(device: torch.device) -> None:
    """Until the device has done everything."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def table(found: dict[str, Any]) -> str:
    """The results for people."""
    peer = found["rows"][0]["answers_a_second"]
    lines = [
        "# Training on a graphics card",
        "",
        f"`python benchmarks/gpu.py`, {found['device']}, {found['answers']:,} simulated answers to train on.",
        "Floor: what the card's arithmetic alone would allow. AUC of as many epochs on the CPU: "
        f"{found['auc_of_plain_on_the_processor']:.4f}.",
        "",
        "| row | answers a second | times pyKT's loop | share of the floor | AUC |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in found["rows"]:
        pace, floor = row["answers_a_second"], row["floor"]
        share = f"{100 * pace / floor:.1f} %" if floor else "-"
        auc = f"{row['auc']:.4f}" if "auc" in row else "-"
        lines.append(f"| {row['name']} | {pace:,.0f} | {pace / peer:.1f} | {share} | {auc} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
