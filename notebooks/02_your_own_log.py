# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Your own log
#
# A table with a row an answer is enough: who answered, on which skill or item, and whether it was right. Columns may
# have any names, and a cell may name several skills. This notebook goes from such a file to mastery, a report and
# predictions.

# %%
from pathlib import Path

import polars as pl

from kt_fewshot.data import simulate
from kt_fewshot.recipes import (
    TracedLog,
    TracedStudents,
    TrainSettings,
    class_curves,
    describe_log,
    mastery_curves,
    predict_log,
    report_run,
    train_dkt,
    write_mastery,
)
from kt_fewshot.tracing import KnowledgeTracer

# %% [markdown]
# ## A file as you might have it
#
# Made up here; put the name of your own file in its place. Its headings are its own, `yes` and `no` stand for right
# and wrong, and one question in five needs two topics.

# %%
log = Path("maths.csv")
topics = ["counting", "adding", "subtracting", "multiplying", "dividing", "fractions"]
made = simulate("bkt", n_students=150, n_answers=50, n_skills=6, multi_skill=0.2, seed=3).interactions.table
made.select(
    pl.col("student").str.replace("student", "pupil").alias("Pupil no."),
    pl.col("item").alias("Question"),
    pl.col("skills")
    .str.replace_many([f"skill-0{number}" for number in range(1, 7)], topics)
    .str.replace("~~", "; ")
    .alias("Topic(s)"),
    pl.when(pl.col("correct") == 1).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("Solved it?"),
    pl.col("group").alias("Class"),
).write_csv(log)
pl.read_csv(log, n_rows=5)

# %% [markdown]
# ## What is in it?
#
# Usual headings are recognised; others are named. Look here before anything else: how many records were kept, merged,
# set aside or rejected, and every warning.

# %%
read = {
    "columns": {
        "student": "Pupil no.",
        "item": "Question",
        "skill": "Topic(s)",
        "correct": "Solved it?",
        "group": "Class",
    },
    "skill_separator": ";",
}
described = describe_log([log], read=read)
print(described["read_as"])
told = (
    "rows_read",
    "kept",
    "merged",
    "set_aside",
    "rejected",
    "students",
    "skills",
    "answers_on_several_skills",
    "warnings",
)
{name: described[name] for name in told}

# %% [markdown]
# ## Train
#
# A small model, for speed. Seven students in ten teach it, one in ten tells when to stop, two in ten test it.

# %%
settings = TrainSettings(
    data={"log": [log], "read": read}, model={"hidden": 32, "embedding": 32, "head_hidden": 32, "epochs": 8}
)
trained = train_dkt(settings, report=False)
trained.results.test["auc"]

# %% [markdown]
# ## Where does everyone stand?
#
# A row a student and a skill: answers, right answers, P(correct) of the next question, P(mastered) now, and a level
# in words.

# %%
traced = TracedLog.open(trained.run.path, [log], read=read)
write_mastery(traced, Path("mastery.csv"))
pl.read_csv("mastery.csv").head(6)

# %%
students = TracedStudents.of_log(traced)
class_curves(students, "Everyone")

# %%
mastery_curves(students)

# %% [markdown]
# ## A report for people
#
# One page that needs no network: how good the model is, the classics on the same answers, learning curves, who needs
# help. Students have pseudonyms unless `show_ids=True`.

# %%
report_run(trained.run.path, out=Path("report.html"))["out"]

# %% [markdown]
# ## Predictions
#
# What was foretold of every answer from what came before it, a line a record of the file.

# %%
predict_log(traced, Path("predictions.csv"))
pl.read_csv("predictions.csv").head(5)

# %% [markdown]
# ## Straight from a data frame
#
# The same tracers have a face as scikit-learn has it: pandas or polars frames in, frames out. Several
# topics are a list.

# %%
frame = pl.read_csv(log).with_columns(pl.col("Topic(s)").str.split("; "))
columns = {"user_id": "Pupil no.", "skill": "Topic(s)", "item": "Question", "correct": "Solved it?"}
tracer = KnowledgeTracer("bkt", defaults=columns).fit(frame)
tracer.predict(frame).select("Pupil no.", "Topic(s)", "Solved it?", "correct_predictions", "state_predictions").head(5)
