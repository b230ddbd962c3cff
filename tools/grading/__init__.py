"""Grading, one step a file.

collect     a folder or an LMS's zip      ->  submissions
assignment  solutions/ and the class seed ->  an Assignment, all that grading needs
submission  a student's file              ->  a notebook fit for nbgrader
worker      a submission, an Assignment   ->  a Result; runs anywhere
engine      where workers run: this machine's cores, or a dask cluster
record      Results                       ->  the class's gradebook; resumes where it stopped
feedback    a graded notebook, its marks  ->  HTML for the student
report      the gradebook's marks         ->  CSV for the instructor

The sandbox below the workers: sandbox starts forkserver, whose forks are kernels and testers;
provisioner and processes are the grader's hold on them; execute runs a notebook in both, and what
they say to each other crosses a channel, between tester and answers. trusted and withheld read off
the assignment what they need to know.
"""

import sys

if sys.platform != "linux":
    raise ImportError(
        f"homework is graded on Linux, which has the sandbox; this is {sys.platform}. "
        "Use Linux in a virtual machine or, on Windows, in WSL 2"
    )
