"""Fits pyBKT to the sequences in pybkt.json and writes what it finds back there; run it where pyBKT 1.4 is installed.

The sequences are simulated by simulate("bkt", n_students=80, n_answers=16, n_skills=1): `learned` with seed=5,
`forgotten` with seed=6 and forget=(0.1, 0.1). pyBKT starts where our fit starts, and iterates until its log-likelihood
stands still.
"""

import json
from pathlib import Path

import numpy as np
from pyBKT.fit import EM_fit, predict_onestep

FILE = Path(__file__).with_name("pybkt.json")
START = {"prior": 0.4, "learns": 0.1, "guesses": 0.2, "slips": 0.1, "forgets": 0.02}


def main() -> None:
    content = json.loads(FILE.read_text())
    sequences = content["sequences"]
    content["fits"] = [
        fitted("learned", sequences["learned"], forgetting=False),
        fitted("forgotten", sequences["forgotten"], forgetting=False),
        fitted("forgotten", sequences["forgotten"], forgetting=True),
    ]
    FILE.write_text(json.dumps(content, indent=1) + "\n")


def fitted(name: str, sequences: list[str], *, forgetting: bool) -> dict:
    lengths = np.array([len(sequence) for sequence in sequences])
    answers = np.array([[1 + int(answer) for answer in "".join(sequences)]], dtype=np.int32)
    data = {
        "data": answers,
        "lengths": lengths,
        "starts": np.cumsum(lengths) - lengths + 1,
        "resources": np.ones(lengths.sum(), dtype=np.int64),
    }
    model = {name: np.array([value]) for name, value in START.items()}
    model["prior"] = START["prior"]
    if not forgetting:
        model["forgets"] = np.zeros(1)
    forget = model["forgets"][0]
    learn = model["learns"][0]
    model["As"] = np.array([[[1 - learn, forget], [learn, 1 - forget]]])
    model["emissions"] = np.array([[[0.8, 0.2], [0.1, 0.9]]])
    model["pi_0"] = np.array([[0.6], [0.4]])
    model, curve = EM_fit.EM_fit(model, data, tol=1e-12, maxiter=20_000, parallel=False)
    predicted, _ = predict_onestep.run(model, data, parallel=False)
    return {
        "sequences": name,
        "forgetting": forgetting,
        "parameters": {
            "prior": float(model["prior"]),
            "learn": float(model["learns"][0]),
            "guess": float(model["guesses"][0]),
            "slip": float(model["slips"][0]),
            "forget": float(model["forgets"][0]),
        },
        "log_likelihood": float(curve[-1][0]),
        "iterations": len(curve),
        "predicted": [round(float(p), 9) for p in predicted[: lengths[:3].sum()]],
    }


if __name__ == "__main__":
    main()
