"""The report: one page that answers whether denoising helps."""

from skdenoise.report.page import write_report
from skdenoise.report.study import Study, run_study

__all__ = ["Study", "run_study", "write_report"]
