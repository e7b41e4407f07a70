# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Compare tracers
#
# Every tracer learns from the same students and is asked about the same answers of others. Intervals come from
# resampling the test's *students*, since answers of one student are not independent; differences are *paired*: both
# tracers are scored on the same resamples, so that a small difference can be certain although both intervals are
# wide.

# %%
from kt_fewshot.recipes import CompareSettings, compare_tracers
from kt_fewshot.reports import cold_start, comparison_table, forest

# %% [markdown]
# These students are simulated and follow Bayesian Knowledge Tracing to the letter, so BKT is hard to beat here, and
# the DKT of this notebook is a small one. For a log of your own write `data={"log": ["answers.csv"]}`; results on
# public logs stand in `benchmarks/accuracy.md`.

# %%
settings = CompareSettings(
    data={"simulator": "bkt", "students": 300},
    models={"dkt": {"hidden": 48, "embedding": 32, "head_hidden": 32, "epochs": 12}},
    draws=500,
)
compared = compare_tracers(settings, say=print)

# %% [markdown]
# ## The table
#
# Log-loss and calibration error (`ece`) are better the lower they are. `difference` is the AUC less that of the best
# simple tracer.

# %%
comparison_table(compared.comparison)

# %% [markdown]
# ## The picture
#
# On the right an interval that does not touch zero is a difference that other students would show too.

# %%
forest(compared.comparison)

# %% [markdown]
# ## Cold start
#
# Of a new student nothing is known but what the student answers. How fast does each tracer find out whom it is
# dealing with? Each of the 60 students has one first answer only, so its point is a rough one. With a log whose items
# differ in how often they were seen, `cold_start(compared.comparison, by="items")` shows the same for rare items.

# %%
cold_start(compared.comparison)
