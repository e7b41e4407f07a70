"""User stories, one a file: the only place that sees every folder. Commands and notebooks call the same ones.

>>> from kt_fewshot.recipes import TrainSettings, train_dkt
>>> settings = TrainSettings(data={"log": ["answers.csv"]}, model={"epochs": 20})
>>> trained = train_dkt(settings, say=print)  # doctest: +SKIP
"""

from typing import TYPE_CHECKING

from kt_fewshot.faces import load_later

from .convert_log import convert_log
from .describe_log import describe_log
from .forget_student import forget_student
from .read_settings import ReadSettings
from .settings import merged

if TYPE_CHECKING:
    from .adapt_method import adapt_method
    from .audit_file import AuditedFile, audit_file
    from .compare_methods import ComparedMethodsRun, compare_few_shot, resume_method_comparison
    from .compare_methods_settings import CompareMethodsSettings
    from .compare_settings import CompareSettings
    from .compare_single_task import SingleTaskRun, compare_single_task
    from .compare_tracers import ComparedRun, compare_tracers, resume_comparison
    from .data_settings import DataSettings
    from .evaluate_episodes import evaluate_episodes
    from .evaluate_tracer import evaluate_tracer
    from .fewshot_settings import FewShotSettings
    from .learn_along import learn_along
    from .list_options import list_method_options, list_options
    from .mastery_curves import class_curves, mastery_curves, nearness, student_heatmap
    from .mastery_table import mastery_table
    from .meta_train import MetaTrainedRun, meta_train, resume_meta_training
    from .relate_tasks import relate_tasks
    from .related_tasks import RelatedTasks
    from .report_episodes import report_episodes
    from .report_run import report_run
    from .saved_tracer import TracedLog
    from .show_episode import show_episode
    from .simulate_log import simulate_log
    from .traced_students import TracedStudents
    from .train_dkt import TrainedRun, resume_dkt, train_dkt
    from .train_settings import TrainSettings
    from .use_tracer import evaluate_log, predict_log, write_mastery

__all__ = [
    "AuditedFile",
    "CompareMethodsSettings",
    "CompareSettings",
    "ComparedMethodsRun",
    "ComparedRun",
    "DataSettings",
    "FewShotSettings",
    "MetaTrainedRun",
    "ReadSettings",
    "RelatedTasks",
    "SingleTaskRun",
    "TracedLog",
    "TracedStudents",
    "TrainSettings",
    "TrainedRun",
    "adapt_method",
    "audit_file",
    "class_curves",
    "compare_few_shot",
    "compare_single_task",
    "compare_tracers",
    "convert_log",
    "describe_log",
    "evaluate_episodes",
    "evaluate_log",
    "evaluate_tracer",
    "forget_student",
    "learn_along",
    "list_method_options",
    "list_options",
    "mastery_curves",
    "mastery_table",
    "merged",
    "meta_train",
    "nearness",
    "predict_log",
    "relate_tasks",
    "report_episodes",
    "report_run",
    "resume_comparison",
    "resume_dkt",
    "resume_meta_training",
    "resume_method_comparison",
    "show_episode",
    "simulate_log",
    "student_heatmap",
    "train_dkt",
    "write_mastery",
]

load_later(
    __name__,
    {
        "adapt_method": ("adapt_method",),
        "audit_file": ("AuditedFile", "audit_file"),
        "compare_methods": ("ComparedMethodsRun", "compare_few_shot", "resume_method_comparison"),
        "compare_methods_settings": ("CompareMethodsSettings",),
        "compare_settings": ("CompareSettings",),
        "compare_single_task": ("SingleTaskRun", "compare_single_task"),
        "compare_tracers": ("ComparedRun", "compare_tracers", "resume_comparison"),
        "data_settings": ("DataSettings",),
        "evaluate_tracer": ("evaluate_tracer",),
        "evaluate_episodes": ("evaluate_episodes",),
        "fewshot_settings": ("FewShotSettings",),
        "learn_along": ("learn_along",),
        "list_options": ("list_method_options", "list_options"),
        "mastery_curves": ("class_curves", "mastery_curves", "nearness", "student_heatmap"),
        "mastery_table": ("mastery_table",),
        "meta_train": ("MetaTrainedRun", "meta_train", "resume_meta_training"),
        "relate_tasks": ("relate_tasks",),
        "related_tasks": ("RelatedTasks",),
        "report_episodes": ("report_episodes",),
        "report_run": ("report_run",),
        "saved_tracer": ("TracedLog",),
        "show_episode": ("show_episode",),
        "simulate_log": ("simulate_log",),
        "traced_students": ("TracedStudents",),
        "train_dkt": ("TrainedRun", "resume_dkt", "train_dkt"),
        "train_settings": ("TrainSettings",),
        "use_tracer": ("evaluate_log", "predict_log", "write_mastery"),
    },
)
