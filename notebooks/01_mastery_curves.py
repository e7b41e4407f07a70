# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Mastery curves
#
# **Mastery** is whether a student *has* a skill. Nobody can see it: somebody who has the skill slips now and then,
# somebody who has not guesses right now and then. So a tracer tells two numbers before each answer:
#
# - **P(correct)**, the chance that the next answer is right; anybody can check it a moment later;
# - **P(mastered)**, the chance that the skill is there, behind slips and guesses; only simulated students can check it.
#
# Here the students are simulated, so the truth is known. From their answers alone even the best possible judge, who
# knows how each student was made, cannot always tell; that judge is drawn in too, and is the ceiling for everyone.

# %%
from kt_fewshot.recipes import (
    TracedStudents,
    TrainSettings,
    class_curves,
    mastery_curves,
    nearness,
    student_heatmap,
    train_dkt,
)

# %% [markdown]
# ## Train
#
# 400 students of Bayesian Knowledge Tracing, about 60 answers each on 10 skills. 280 of them teach a small model, 80
# test it.

# %%
settings = TrainSettings(
    data={"simulator": "bkt", "students": 400},
    model={"hidden": 48, "embedding": 32, "head_hidden": 32, "epochs": 12},
)
trained = train_dkt(settings, report=False, say=print)
students = TracedStudents.of_run(trained.run.path)

# %% [markdown]
# ## One student
#
# A student whom the model has never met. Below each panel stand the answers; the lines tell what was thought just
# *before* each of them. Where the ground is coloured the student truly had the skill. Watch how a wrong answer costs
# less once there is a history of right ones, and how the estimate stays near the best possible one.

# %%
picture = mastery_curves(students, "student-334")
picture

# %% [markdown]
# The same picture as a file, for a document or a web page, readable on light and on dark ground:

# %%
picture.save("mastery.svg")

# %% [markdown]
# ## The class
#
# How many have learned a skill after so many answers on it? The model's answer is the mean of its P(mastered); the
# dots are the truth. Students stop at different times, so later points stand for fewer of them (the bars), and points
# of fewer than ten students are not drawn.

# %%
class_curves(students, "The test students")

# %% [markdown]
# ## Everything the model expects of a student
#
# The figure of [Piech et al. 2015](https://arxiv.org/abs/1506.05908): after each answer, P(correct) of every skill,
# also of those that were not asked. An answer moves its own skill most.

# %%
student_heatmap(students, "student-334", answers=60)

# %% [markdown]
# ## How near to the best possible?
#
# AUC: how often a moment with mastery got the higher number than one without (higher is better). Brier score and
# calibration error: how far the numbers are from the truth (lower is better). The gap has a 95 % interval, from
# resampling students. `kt-fewshot dkt train` without a log runs the same on 2,000 students with the model of full
# size.

# %%
nearness(trained.results)
