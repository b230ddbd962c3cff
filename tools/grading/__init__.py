"""Grading, one step a file.

collect     a folder or an LMS's zip      ->  submissions
assignment  solutions/ and the class seed ->  an Assignment, all that grading needs
submission  a student's file              ->  a notebook fit for nbgrader
worker      a submission, an Assignment   ->  a Result; runs anywhere
engine      where workers run: this machine's cores, or a dask cluster
record      Results                       ->  the class's gradebook; resumes where it stopped
feedback    a graded notebook, its marks  ->  HTML for the student
report      the gradebook's marks         ->  CSV for the instructor
"""
