"""Simulated students: logs whose latent truth is known, from three different ways of learning."""

from .base import ItemBank, Population, Range, Simulator
from .behaviour import BEHAVIOURS
from .bkt import BKTSimulator
from .course import Course
from .dash import DASHSimulator
from .irt import IRTSimulator
from .simulate import SIMULATORS, simulate
from .students import SimulatedStudents

__all__ = [
    "BEHAVIOURS",
    "SIMULATORS",
    "BKTSimulator",
    "Course",
    "DASHSimulator",
    "IRTSimulator",
    "ItemBank",
    "Population",
    "Range",
    "SimulatedStudents",
    "Simulator",
    "simulate",
]
