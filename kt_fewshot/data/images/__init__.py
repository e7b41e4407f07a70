"""Classes of images and other items for few-shot learning: rendered, downloaded or one's own."""

from .arrays import images_of, split_arrays
from .class_images import ClassImages, Splits
from .class_split import split_classes
from .image_files import ImageForm, read_images
from .image_folder import load_image_folder, read_class_folder
from .layouts import image_files
from .load import LOADERS, load_images
from .omniglot import load_omniglot
from .tables import feature_values, load_table, read_table, read_unlabelled

__all__ = [
    "LOADERS",
    "ClassImages",
    "ImageForm",
    "Splits",
    "feature_values",
    "image_files",
    "images_of",
    "load_image_folder",
    "load_images",
    "load_omniglot",
    "load_table",
    "read_class_folder",
    "read_images",
    "read_table",
    "read_unlabelled",
    "split_arrays",
    "split_classes",
]
