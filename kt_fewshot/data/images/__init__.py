"""Classes of images and other items for few-shot learning: rendered, downloaded or one's own."""

from .class_images import ClassImages, Splits

__all__ = ["ClassImages", "Splits"]
