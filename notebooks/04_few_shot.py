# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Few-shot learning
#
# One example of each of five classes, and then: which of them is this? A few-shot method learns *how to learn that*
# from many small tasks, called **episodes**: an encoder, shared by all tasks, turns examples into features; a head is
# fitted to each task on the few examples that it shows.
#
# The examples here are printed characters. A class is a character, an item is a drawing of it in one of 16 fonts,
# turned and stretched a little. What is shown and what is asked never come from the same font, and the characters of
# the test are none of those of the training.

# %%
import polars as pl

from kt_fewshot.recipes import FewShotSettings, adapt_method, evaluate_episodes, meta_train, show_episode

# %% [markdown]
# ## Train
#
# A small prototypical network: a class is the mean of its examples' features. `kt-fewshot fewshot train` without
# options trains one of full size in a minute or two.

# %%
settings = FewShotSettings(
    method="protonet",
    encoder_options={"hidden": 24},
    steps=25,
    epochs=4,
    test_episodes=600,
)
trained = meta_train(settings, say=print)

# %% [markdown]
# ## How good is it?
#
# The interval is over episodes: queries of one episode are alike, so counting each by itself would make it too narrow.

# %%
trained.results.table().select("metric", "value", "low", "high")

# %% [markdown]
# Nothing has to be trained again for other tasks: here ten classes at once, with five examples of each.

# %%
evaluate_episodes(trained.run.path, {"n_way": 10, "k_shot": 5, "n_query": 5}, episodes=600).test["accuracy"]

# %% [markdown]
# ## An episode
#
# A row is a class. At the left stands what the method was shown; a tick is a right answer, a cross a wrong one, with
# the row that was named instead.

# %%
show_episode(trained.run.path, number=3)

# %% [markdown]
# The whole report, with a map of the features, confusions and calibration, is `report.html` in the run's folder.

# %%
sorted(path.name for path in trained.run.path.iterdir())

# %% [markdown]
# ## Your own data
#
# Folders of labelled images, one a class, and images to name; or two CSV files. Here the images are handwritten
# digits, which the encoder has never met: three of each are shown, sixty are asked.

# %%
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits

digits = load_digits()
for number, (image, digit) in enumerate(zip(digits.images[:90], digits.target[:90], strict=True)):
    folder = Path("shown", str(digit)) if number < 30 else Path("asked")
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray((15 * image).astype("uint8")).save(folder / f"{number}-is-{digit}.png")

# %%
adapt_method(trained.run.path, Path("shown"), Path("asked"), out=Path("predictions.csv"), say=print)

# %%
said = pl.read_csv("predictions.csv", schema_overrides={"predicted": pl.String})
said.select("item", "predicted", "probability").head(8)

# %% [markdown]
# Each file's name ends with the truth, so the answers can be checked:

# %%
said.select(right=(pl.col("item").str.extract(r"is-(\d)") == pl.col("predicted")).mean())
